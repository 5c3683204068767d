#include "verify_proof.h"

#include <fmt/format.h>

#include "certificate.h"
#include "krules/arena.h"
#include "krules/json.h"

namespace krules::check {

namespace {

/// Takes values out of a certificate; from the first one that does not fit on nothing is taken.
class Reader {
 public:
  bool failed() const { return failed_; }

  Value field(const Value& object, std::string_view name) {
    if (!object.is(ValueKind::kMap)) return fail();
    const Value* found = object.as_map().find(name);
    return found != nullptr ? *found : fail();
  }
  std::vector<Value> list(const Value& value) {
    if (!value.is(ValueKind::kList)) {
      fail();
      return {};
    }
    const auto items = value.as_list().items();
    return {items.begin(), items.end()};
  }
  uint32_t number(const Value& value) {
    if (!value.is(ValueKind::kInt) || value.as_int() < 0 || value.as_int() >= UINT32_MAX) {
      fail();
      return 0;
    }
    return static_cast<uint32_t>(value.as_int());
  }
  std::vector<uint32_t> numbers(const Value& value) {
    std::vector<uint32_t> made;
    for (const Value& each : list(value)) made.push_back(number(each));
    return made;
  }
  std::string text(const Value& value) {
    if (!value.is(ValueKind::kString)) {
      fail();
      return {};
    }
    return std::string(value.text());
  }
  bool truth(const Value& value) {
    if (!value.is(ValueKind::kBool)) fail();
    return value.is_true();
  }
  Value fail() {
    failed_ = true;
    return Value::null();
  }

 private:
  bool failed_ = false;
};

ProofComponent read_component(Reader& reader, const Value& from) {
  ProofComponent made;
  made.ends = reader.truth(reader.field(from, "ends"));
  made.rules = reader.numbers(reader.field(from, "rules"));
  made.paths = reader.numbers(reader.field(from, "paths"));
  for (const Value& each : reader.list(reader.field(from, "links"))) {
    const std::vector<Value> parts = reader.list(each);
    if (parts.size() != 4) {
      reader.fail();
      continue;
    }
    made.links.push_back(
        {reader.number(parts[0]), reader.number(parts[1]), reader.number(parts[2]), reader.text(parts[3])});
  }
  return made;
}

ProofRemoval read_removal(Reader& reader, const Value& from) {
  ProofRemoval made;
  made.component = reader.number(reader.field(from, "component"));
  made.removed = reader.numbers(reader.field(from, "removed"));
  const std::string kind = reader.text(reader.field(from, "kind"));
  if (kind == "refuted") return made;
  if (kind == "time") {
    made.kind = ProofRemoval::Kind::kTime;
    return made;
  }
  if (kind == "counted") {
    made.kind = ProofRemoval::Kind::kCounted;
    made.property = reader.text(reader.field(from, "property"));
    return made;
  }
  if (kind == "explored") {
    made.kind = ProofRemoval::Kind::kExplored;
    made.events = reader.number(reader.field(from, "events"));
    return made;
  }
  if (kind == "values" || kind == "climb") {
    made.property = reader.text(reader.field(from, "property"));
    made.extended = reader.truth(reader.field(from, "extended"));
    made.kind = kind == "climb" ? ProofRemoval::Kind::kClimb : ProofRemoval::Kind::kValues;
    if (kind == "values") return made;
  } else if (kind == "measure") {
    made.kind = ProofRemoval::Kind::kMeasure;
    for (const Value& each : reader.list(reader.field(from, "values"))) {
      const std::vector<Value> parts = reader.list(each);
      if (parts.size() != 3 || !parts[2].is(ValueKind::kInt)) {
        reader.fail();
        continue;
      }
      made.values.push_back({reader.number(parts[0]), reader.text(parts[1]), parts[2].as_int()});
    }
  } else {
    reader.fail();
  }
  const std::string direction = reader.text(reader.field(from, "direction"));
  made.up = direction == "up";
  if (direction != "up" && direction != "down") reader.fail();
  const Value bound = reader.field(from, "bound");
  made.has_bound = bound.is_number();
  if (made.has_bound) made.bound = bound.as_number();
  if (!made.has_bound && !bound.is_null()) reader.fail();
  return made;
}

ProofPart read_part(Reader& reader, const Value& from) {
  ProofPart made;
  for (const Value& each : reader.list(reader.field(from, "components")))
    made.components.push_back(read_component(reader, each));
  for (const Value& each : reader.list(reader.field(from, "steps")))
    made.steps.push_back(read_removal(reader, each));
  return made;
}

}  // namespace

std::string read_proof(std::string_view json, const Program& program, Proof& proof) {
  Arena arena;
  const JsonResult parsed = parse_json(json, JsonStyle::kPlain, arena, *program.symbols());
  if (!parsed.error.empty()) return fmt::format("this is no certificate: {}", parsed.error);
  Reader reader;
  if (reader.number(reader.field(parsed.value, "certificate")) != kCertificateVersion || reader.failed())
    return "this is no certificate that this version of krules can read";
  proof.program = reader.text(reader.field(parsed.value, "program"));
  proof.at_once = read_part(reader, reader.field(parsed.value, "at_once"));
  const Value in_time = reader.field(parsed.value, "in_time");
  if (!in_time.is_null()) proof.in_time = read_part(reader, in_time);
  return reader.failed() ? "the certificate is damaged: something is missing, or of another kind" : "";
}

}  // namespace krules::check
