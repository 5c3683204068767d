#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "krules/host.h"
#include "krules/json.h"
#include "krules/program.h"

namespace krules::test {

/// Subjects in memory, and a list of everything that rules did, for tests of whatever runs against a Host.
class FakeHost : public Host {
 public:
  explicit FakeHost(const SymbolTable& symbols) : symbols_(symbols) {}
  ~FakeHost() override {
    for (const Value& value : replaced_) free_owned(value);
  }

  /// What was done, a line each: `set s.total = 3`, `emit a.b on s {"x":1}`, ...
  std::vector<std::string> effects;
  /// `info: text {...}`.
  std::vector<std::string> logs;
  int64_t time = 1'700'000'000'000'000;
  bool store_is_gone = false;
  Value meta;

  Subject& make(std::string_view name) {
    auto& subject = subjects_[std::string(name)];
    if (subject == nullptr) subject = std::make_unique<Subject>(name);
    return *subject;
  }
  /// Sets without an effect; `json` as the store has it.
  void give(std::string_view name, std::string_view property, std::string_view json) {
    put(make(name).properties, symbols_.find_or_foreign(property, arena_), read(json));
  }
  void give_extended(std::string_view name, std::string_view property, std::string_view json) {
    put(extended_of(make(name)), symbols_.find_or_foreign(property, arena_), read(json));
  }
  Value read(std::string_view json) {
    const JsonResult result = parse_json(json, JsonStyle::kTagged, arena_, symbols_);
    return result.error.empty() ? result.value : Value::missing();
  }

  Subject* subject(std::string_view name) override { return store_is_gone ? nullptr : &make(name); }
  Value store_error() override {
    error_ = {.kind = "store",
              .message = "the store does not answer",
              .span = {},
              .source = UINT32_MAX,
              .fatal = true};
    return Value::error(&error_);
  }

  Value set_property(Subject& subject, const Symbol* name, const Value& value,
                     const WriteOptions& options) override {
    note("set " + place(subject, name) + " = " + json(value) + said(options));
    remember([this, &subject, name, before = copy(subject.properties, name)] {
      restore(subject.properties, name, before);
    });
    put(subject.properties, name, value);
    return Value::null();
  }
  Value delete_property(Subject& subject, const Symbol* name, const WriteOptions& options) override {
    note("delete " + place(subject, name) + said(options));
    remember([this, &subject, name, before = copy(subject.properties, name)] {
      restore(subject.properties, name, before);
    });
    restore(subject.properties, name, Value::missing());
    return Value::null();
  }
  Value set_extended(Subject& subject, const Symbol* name, const Value& value, bool direct) override {
    note("set " + std::string(subject.name()) + ".ext." + std::string(name->text()) + " = " + json(value) +
         (direct ? " direct" : ""));
    put(extended_of(subject), name, value);
    return Value::null();
  }
  Value delete_extended(Subject& subject, const Symbol* name, bool) override {
    note("delete " + std::string(subject.name()) + ".ext." + std::string(name->text()));
    restore(extended_of(subject), name, Value::missing());
    return Value::null();
  }
  Value delete_subject(Subject& subject, const WriteOptions& options) override {
    note("delete subject " + std::string(subject.name()) + said(options));
    return Value::null();
  }
  Value set_meta(const Symbol* name, const Value& value) override {
    note("set meta." + std::string(name->text()) + " = " + json(value));
    return Value::null();
  }
  Value delete_meta(const Symbol* name) override {
    note("delete meta." + std::string(name->text()));
    return Value::null();
  }
  Value emit(const EmitRequest& request) override {
    note("emit " + std::string(request.type->text()) + " on " + std::string(request.subject->name()) + " " +
         json(request.payload) + (request.meta.is_null() ? "" : " with " + json(request.meta)));
    return Value::null();
  }

  Value set_timer(const EmitRequest& request, int64_t delay, std::string_view key) override {
    note("emit " + std::string(request.type->text()) + " on " + std::string(request.subject->name()) + " " +
         json(request.payload) + " after " + json(Value::duration(delay)) +
         (key.empty() ? "" : " key " + std::string(key)));
    return Value::null();
  }
  void cancel_timer(Subject& subject, std::string_view key) override {
    note("cancel " + std::string(key) + " on " + std::string(subject.name()));
  }
  Value pending_timer(Subject& subject, std::string_view key) override {
    return key == "set" ? Value::timestamp(subject.name().size() * 1'000'000) : Value::null();
  }

  Value call(const CallRequest& request) override {
    note("call " + std::string(request.action) + json(request.arguments) +
         (request.reply == nullptr ? ""
                                   : " reply " + std::string(request.reply->text()) + " on " +
                                         std::string(request.subject->name())) +
         " timeout " + json(Value::duration(request.timeout)) + " retry " + std::to_string(request.retries) +
         " backoff " + json(Value::duration(request.backoff)) +
         (request.extra.is_null() ? "" : " with " + json(request.extra)));
    return Value::null();
  }

  const Symbol* symbol(std::string_view text) override { return symbols_.find_or_foreign(text, arena_); }

  size_t savepoint() override { return undo_.size(); }
  void rollback(size_t savepoint) override {
    while (undo_.size() > savepoint) {
      undo_.back()();
      undo_.pop_back();
    }
  }

  int64_t now() override { return time; }
  std::array<uint64_t, 2> entropy(uint32_t n) override { return {0x1234567890ABCDEF, n}; }

  void log(LogSeverity severity, std::string_view message, const Value& data) override {
    static constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
    logs.push_back(std::string(kNames[static_cast<size_t>(severity)]) + ": " + std::string(message) +
                   (data.is_null() ? "" : " " + json(data)));
  }

  static std::string json(const Value& value) {
    std::string text;
    append_json(text, value);
    return text;
  }

 private:
  static std::string place(const Subject& subject, const Symbol* name) {
    return std::string(subject.name()) + "." + std::string(name->text());
  }
  static std::string said(const WriteOptions& options) {
    return std::string(options.muted ? " muted" : "") + (options.direct ? " direct" : "") +
           (options.extra.is_null() ? "" : " with " + json(options.extra));
  }
  static PropertySet& extended_of(Subject& subject) {
    if (subject.extended == nullptr) subject.extended = std::make_unique<PropertySet>();
    return *subject.extended;
  }
  void note(std::string effect) {
    effects.push_back(std::move(effect));
    undo_.push_back([this] { effects.pop_back(); });
  }
  void remember(std::function<void()> undo) { undo_.push_back(std::move(undo)); }
  /// The value as it is, to be put back; kMissing when there is none.
  Value copy(PropertySet& set, const Symbol* name) {
    const PropertySlot* slot = set.find(name);
    return slot != nullptr ? clone_into(slot->value, arena_) : Value::missing();
  }
  void restore(PropertySet& set, const Symbol* name, const Value& value) {
    if (!value.is(ValueKind::kMissing)) {
      put(set, name, value);
    } else if (PropertySlot* slot = set.find(name)) {
      replaced_.push_back(set.remove(slot));
    }
  }
  void put(PropertySet& set, const Symbol* name, const Value& value) {
    const Value owned = clone_owned(value);
    if (PropertySlot* slot = set.find(name)) {
      replaced_.push_back(slot->value);
      slot->value = owned;
    } else {
      set.add(name, owned);
    }
  }

  const SymbolTable& symbols_;
  Arena arena_;
  std::map<std::string, std::unique_ptr<Subject>> subjects_;
  std::vector<std::function<void()>> undo_;
  std::vector<Value> replaced_;  ///< readers may still hold them
  ErrorRep error_;
};

}  // namespace krules::test
