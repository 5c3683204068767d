#include "event_reader.h"

#include <fmt/format.h>

#include <vector>

#include "krules/json_reader.h"

namespace krules {

namespace sj = simdjson;

namespace {

// How the text of an event from within begins, and none from outside: see text_of_letter().
constexpr std::string_view kWithin = "{\"within\":true,";

}  // namespace

struct EventReader::Impl {
  bool read_event(std::string_view line, InputBatch& batch, InputEvent& event);
  bool read_attribute(std::string_view name, sj::ondemand::value value, InputBatch& batch, InputEvent& event);
  bool read_text(std::string_view name, sj::ondemand::value value, std::string_view& text, bool& present);
  void intern_names(const std::shared_ptr<const SymbolTable>& names);

  JsonReader json;
  std::shared_ptr<const SymbolTable> symbols;
  const Symbol* type_name = nullptr;
  const Symbol* subject_name = nullptr;
  const Symbol* data_name = nullptr;
  const Symbol* last_type = nullptr;
  std::vector<MapRep::Entry> attributes;  // of the event being read, besides type, subject and data
  bool within = false;                    // it is the text of an event from within
};

EventReader::EventReader() : impl_(std::make_unique<Impl>()) {}
EventReader::~EventReader() = default;

void EventReader::Impl::intern_names(const std::shared_ptr<const SymbolTable>& names) {
  symbols = names;
  type_name = symbols->find("type");
  subject_name = symbols->find("subject");
  data_name = symbols->find("data");
  last_type = nullptr;
}

void EventReader::read_line(std::string_view line, uint64_t number, uint64_t begin, uint64_t end,
                            InputBatch& batch) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
  if (batch.symbols != impl_->symbols) impl_->intern_names(batch.symbols);
  InputEvent& event = batch.events.emplace_back();
  event.line = number;
  event.begin = begin;
  event.end = end;
  event.raw = line;
  event.within = impl_->within;
  if (!impl_->read_event(line, batch, event)) event.error = batch.arena.copy(impl_->json.error());
}

void EventReader::read_letter(std::string_view line, uint64_t number, InputBatch& batch) {
  impl_->within = line.starts_with(kWithin);
  read_line(line, number, 0, 0, batch);
  impl_->within = false;
}

std::string event_from_within_as_json(const InputEvent& event) {
  std::string text(kWithin);
  text.append("\"type\":");
  append_json_string(text, event.type == nullptr ? std::string_view() : event.type->text());
  text.append(",\"subject\":");
  append_json_string(text, event.subject);
  if (!event.id.empty()) {
    text.append(",\"id\":");
    append_json_string(text, event.id);
  }
  text.append(",\"data\":");
  append_json(text, event.payload, JsonStyle::kTagged);
  if (!event.meta.is_null()) {
    text.append(",\"meta\":");
    append_json(text, event.meta, JsonStyle::kTagged);
  }
  if (!event.extra.is_null()) {
    text.append(",\"extra\":");
    append_json(text, event.extra, JsonStyle::kTagged);
  }
  text.push_back('}');
  return text;
}

std::string text_of_letter(const InputEvent& event) {
  if (event.raw.empty()) return event_from_within_as_json(event);
  if (event.within) return std::string(event.raw);
  constexpr size_t kMost = 64 * 1024;
  std::string text(event.raw.substr(0, kMost));
  if (text.starts_with(kWithin)) text.insert(1, " ");
  return text;
}

bool EventReader::Impl::read_event(std::string_view line, InputBatch& batch, InputEvent& event) {
  json.begin(within ? JsonStyle::kTagged : JsonStyle::kPlain, batch.arena, *symbols);
  attributes.clear();
  sj::ondemand::document document;
  if (auto code = json.open(line).get(document)) return json.fail(code);
  sj::ondemand::object object;
  if (document.get_object().get(object)) {
    const bool begins_like_one = line[line.find_first_not_of(" \t\r")] == '{';
    return json.fail(begins_like_one ? "not valid JSON" : "not a JSON object");
  }
  event.payload = Value::map(&empty_map());
  bool has_subject = false;
  for (auto result : object) {
    sj::ondemand::field field;
    if (auto code = std::move(result).get(field)) return json.fail(code);
    const Symbol* name = json.key(field);
    if (name == nullptr) return false;
    if (name == data_name) {
      if (!json.read_value(field.value(), event.payload)) return false;
      if (event.payload.is_null() && !within) event.payload = Value::map(&empty_map());
    } else if (name == subject_name) {
      if (!read_text("subject", field.value(), event.subject, has_subject)) return false;
    } else if (name == type_name) {
      std::string_view type;
      if (field.value().get_string().get(type)) return json.fail("`type` is not a string");
      if (type.empty()) return json.fail("`type` is empty");
      if (last_type == nullptr || last_type->text() != type) {
        event.type = symbols->find_or_foreign(type, batch.arena);
        if (event.type->interned()) last_type = event.type;
      } else {
        event.type = last_type;
      }
    } else {
      Value value;
      const std::string_view text = name->text();
      if (text == "specversion" || text == "datacontenttype" || text == "dataschema") {
        if (!json.read_value(field.value(), value)) return false;
        if (text == "specversion" && !(value.is(ValueKind::kString) && value.text().starts_with("1."))) {
          return json.fail("`specversion` is not 1.0");
        }
      } else if (!read_attribute(text, field.value(), batch, event)) {
        return false;
      }
    }
  }
  if (!document.current_location().error()) return json.fail("something follows the JSON object");
  if (event.type == nullptr) return json.fail("an event needs a `type`");
  if (!attributes.empty()) {
    MapBuilder meta(batch.arena, attributes.size());
    for (const MapRep::Entry& attribute : attributes) meta.add(attribute.key, attribute.value);
    event.meta = meta.finish();
  }
  return true;
}

bool EventReader::Impl::read_attribute(std::string_view name, sj::ondemand::value from, InputBatch& batch,
                                       InputEvent& event) {
  Value value;
  if (!json.read_value(from, value)) return false;
  if (value.is_null()) return true;
  if (within) {
    if (name == "id" && value.is(ValueKind::kString)) event.id = batch.arena.copy(value.text());
    if (name == "meta" && value.is(ValueKind::kMap)) event.meta = value;
    if (name == "extra" && value.is(ValueKind::kMap)) event.extra = value;
    return true;
  }
  if (name == "data_base64") {
    event.payload = value;
    return true;
  }
  if (name == "id" || name == "source") {
    if (!value.is(ValueKind::kString) || value.text().empty()) {
      return json.fail(fmt::format("`{}` is not a string with text in it", name));
    }
    (name == "id" ? event.id : event.source) = batch.arena.copy(value.text());
  } else if (name == "time") {
    int64_t time = 0;
    if (!value.is(ValueKind::kString) || !parse_timestamp(value.text(), time)) {
      return json.fail("`time` is not an RFC 3339 timestamp such as \"2026-01-31T12:00:00Z\"");
    }
    value = Value::timestamp(time);
  }
  attributes.push_back({symbols->find_or_foreign(name, batch.arena), value});
  return true;
}

bool EventReader::Impl::read_text(std::string_view name, sj::ondemand::value value, std::string_view& text,
                                  bool& present) {
  sj::ondemand::json_type type;
  if (auto code = value.type().get(type)) return json.fail(code);
  if (type == sj::ondemand::json_type::null) return true;
  if (type != sj::ondemand::json_type::string) return json.fail(fmt::format("`{}` is not a string", name));
  present = true;
  return json.read_string(value, text);
}

}  // namespace krules
