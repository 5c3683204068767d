#include "call_secrets.h"

#include <fmt/format.h>

#include "krules/base64.h"
#include "krules/json.h"
#include "stored_call.h"

namespace krules {

namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string in_url(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      result.push_back(c);
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string in_json(std::string_view text) {
  std::string result;
  append_json_string(result, text);
  return result.substr(1, result.size() - 2);
}

}  // namespace

Value CallSecrets::filled(const Value& value, Arena& arena) const {
  switch (value.kind()) {
    case ValueKind::kString: {
      std::string text(value.text());
      for (const Secret& secret : secrets_) replace_all(text, secret.mark, secret.value);
      return Value::string(text, arena);
    }
    case ValueKind::kList: {
      ListRep* list = new_list(value.as_list().size, arena);
      Value* to = list->mutable_items();
      for (const Value& item : value.as_list().items()) *to++ = filled(item, arena);
      return Value::list(list);
    }
    case ValueKind::kMap: {
      MapBuilder map(arena, value.as_map().size);
      for (const MapRep::Entry& entry : value.as_map().entries())
        map.add(entry.key, filled(entry.value, arena));
      return map.finish();
    }
    default:
      return value;
  }
}

bool CallSecrets::fill(const std::string& stored, const Lookup& lookup, std::string& arguments,
                       std::string& error) {
  // Most calls have none.
  if (stored.find(kSecretsMember) == std::string::npos) {
    arguments = stored;
    return true;
  }
  Arena arena;
  const SymbolTable symbols;
  const JsonResult json = parse_json(stored, JsonStyle::kPlain, arena, symbols);
  if (!json.error.empty() || !json.value.is(ValueKind::kMap)) {
    error = fmt::format("the store is damaged: the arguments of the call are not JSON");
    return false;
  }
  const Value* marks = json.value.as_map().find(kSecretsMember);
  if (marks == nullptr || !marks->is(ValueKind::kMap)) {
    arguments = stored;
    return true;
  }
  for (const MapRep::Entry& entry : marks->as_map().entries()) {
    const std::string name(entry.value.text());
    std::optional<std::string> value = lookup ? lookup(name) : std::nullopt;
    if (!value.has_value() || value->empty()) {
      error = fmt::format("the secret `{}` has no value", name);
      return false;
    }
    secrets_.push_back({name, std::string(entry.key->text()), std::move(*value)});
  }
  MapBuilder map(arena, json.value.as_map().size);
  for (const MapRep::Entry& entry : json.value.as_map().entries()) {
    if (entry.key->text() != kSecretsMember) map.add(entry.key, filled(entry.value, arena));
  }
  arguments.clear();
  append_json(arguments, map.finish());
  return true;
}

void CallSecrets::take_out(std::string& text) const {
  for (const Secret& secret : secrets_) {
    const std::string shown = fmt::format("[secret {}]", secret.name);
    replace_all(text, secret.value, shown);
    replace_all(text, in_json(secret.value), shown);
    replace_all(text, in_url(secret.value), shown);
    replace_all(text, base64_text(secret.value), shown);
  }
}

bool CallSecrets::stand_in(std::string_view text) const {
  for (const Secret& secret : secrets_) {
    if (text.find(secret.value) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace krules
