#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>

#include "krules/json.h"
#include "krules/replay.h"

/// Replays as files.
namespace krules {

namespace {

using End = ReplayOutcome::End;

constexpr int64_t kVersion = 1;
constexpr std::array kEnds = {End::kEnds, End::kRepeats, End::kFuse, End::kGoesOn, End::kInvalid};

std::string in_json(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// A list with an entry a line, or "[]".
template <class Entries, class Text>
std::string lines_of(const Entries& entries, const Text& text_of) {
  std::string out;
  for (const auto& entry : entries) {
    out.append(out.empty() ? "\n    " : ",\n    ").append(text_of(entry));
  }
  return out.empty() ? "[]" : "[" + out + "\n  ]";
}

template <class Texts>
std::string list_of(const Texts& texts) {
  std::string out;
  for (const std::string& text : texts) out.append(out.empty() ? "" : ", ").append(in_json(text));
  return "[" + out + "]";
}

/// Takes a replay out of the JSON text of its file, and says what is not as it must be.
class FileReader {
 public:
  std::optional<ReplayFile> read(std::string_view text);
  const std::string& error() const { return error_; }

 private:
  bool fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
  }
  static const Value* find(const Value& map, std::string_view field) {
    const Value* value = map.as_map().find(field);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  bool text(const Value& map, std::string_view place, std::string_view field, bool needed, std::string& to);
  bool count(const Value& map, std::string_view field, uint64_t least, uint64_t most, uint64_t& to);
  bool texts(const Value& map, std::string_view field, std::vector<std::string>& to);
  /// Calls `take(place, entry)` for each entry of a list of maps.
  template <class Take>
  bool maps(const Value& map, std::string_view field, const Take& take);
  bool version(const Value& root);
  bool parameters(const Value& root, ReplaySeed& seed);
  bool properties(const Value& root, ReplaySeed& seed);
  bool inputs(const Value& root, ReplaySeed& seed);
  bool expected(const Value& root, std::optional<ReplayFile::Expected>& to);

  SymbolTable symbols_;
  Arena arena_;
  std::string error_;
};

bool FileReader::text(const Value& map, std::string_view place, std::string_view field, bool needed,
                      std::string& to) {
  const Value* value = find(map, field);
  if (value == nullptr) return needed ? fail(fmt::format("{} needs a `{}`", place, field)) : true;
  if (!value->is(ValueKind::kString)) return fail(fmt::format("`{}` of {} is not a string", field, place));
  to = value->text();
  return needed && to.empty() ? fail(fmt::format("`{}` of {} is empty", field, place)) : true;
}

bool FileReader::count(const Value& map, std::string_view field, uint64_t least, uint64_t most,
                       uint64_t& to) {
  const Value* value = find(map, field);
  if (value == nullptr) return true;
  if (value->is(ValueKind::kInt) && value->as_int() >= 0) {
    to = static_cast<uint64_t>(value->as_int());
    if (to >= least && to <= most) return true;
  }
  return fail(fmt::format("`{}` is not a whole number from {} to {}", field, least, most));
}

bool FileReader::texts(const Value& map, std::string_view field, std::vector<std::string>& to) {
  const Value* value = find(map, field);
  if (value == nullptr) return true;
  if (!value->is(ValueKind::kList)) return fail(fmt::format("`{}` is not a list", field));
  for (const Value& item : value->as_list().items()) {
    if (!item.is(ValueKind::kString))
      return fail(fmt::format("`{}` holds something that is not a string", field));
    to.emplace_back(item.text());
  }
  return true;
}

template <class Take>
bool FileReader::maps(const Value& map, std::string_view field, const Take& take) {
  const Value* value = find(map, field);
  if (value == nullptr) return true;
  if (!value->is(ValueKind::kList)) return fail(fmt::format("`{}` is not a list", field));
  size_t number = 0;
  for (const Value& item : value->as_list().items()) {
    const std::string place = fmt::format("entry {} of `{}`", ++number, field);
    if (!item.is(ValueKind::kMap)) return fail(fmt::format("{} is not a JSON object", place));
    if (!take(place, item)) return false;
  }
  return true;
}

bool FileReader::version(const Value& root) {
  const Value* version = find(root, "krules_replay");
  if (version == nullptr) return fail("`krules_replay` is missing: this is no replay file");
  if (version->is(ValueKind::kInt) && version->as_int() == kVersion) return true;
  std::string given;
  append_json(given, *version);
  return fail(fmt::format("it is of version {}, and this krules reads version {}", given, kVersion));
}

bool FileReader::parameters(const Value& root, ReplaySeed& seed) {
  const Value* value = find(root, "parameters");
  if (value == nullptr) return true;
  if (!value->is(ValueKind::kMap)) return fail("`parameters` is not a JSON object");
  for (const MapRep::Entry& entry : value->as_map().entries()) {
    if (!entry.value.is(ValueKind::kString)) {
      return fail(fmt::format("the value of `{}` in `parameters` is not a string: write it as for --set",
                              entry.key->text()));
    }
    seed.parameters.emplace_back(entry.key->text(), entry.value.text());
  }
  return true;
}

bool FileReader::properties(const Value& root, ReplaySeed& seed) {
  return maps(root, "properties", [&](const std::string& place, const Value& entry) {
    ReplaySeed::Property property;
    if (!text(entry, place, "subject", true, property.subject)) return false;
    if (!text(entry, place, "name", true, property.name)) return false;
    // null is a value that a property can have.
    const Value* value = entry.as_map().find(std::string_view("value"));
    if (value == nullptr) return fail(fmt::format("{} needs a `value`", place));
    append_json(property.json, *value);
    seed.properties.push_back(std::move(property));
    return true;
  });
}

bool FileReader::inputs(const Value& root, ReplaySeed& seed) {
  const auto take = [&](const std::string& place, const Value& entry) {
    ReplaySeed::Input input;
    if (!text(entry, place, "type", true, input.type)) return false;
    // Without one, the `input` declaration may compute it.
    if (!text(entry, place, "subject", false, input.subject)) return false;
    if (const Value* data = find(entry, "data")) append_json(input.data, *data);
    seed.inputs.push_back(std::move(input));
    return true;
  };
  if (!maps(root, "inputs", take)) return false;
  return seed.inputs.empty() ? fail("`inputs` is missing or empty: there is no event to run") : true;
}

bool FileReader::expected(const Value& root, std::optional<ReplayFile::Expected>& to) {
  const Value* value = find(root, "expected");
  if (value == nullptr) return true;
  if (!value->is(ValueKind::kMap)) return fail("`expected` is not a JSON object");
  ReplayFile::Expected& expected = to.emplace();
  std::string end;
  if (!text(*value, "`expected`", "end", true, end)) return false;
  bool known = false;
  for (const End each : kEnds) {
    if (end != replay_end_name(each)) continue;
    expected.end = each;
    known = true;
  }
  if (!known) {
    return fail(
        fmt::format("`end` of `expected` is `{}`, and it is one of ends, repeats, fuse, invalid", end));
  }
  constexpr uint64_t kMost = std::numeric_limits<int64_t>::max();
  return count(*value, "events", 0, kMost, expected.events) &&
         count(*value, "period", 0, kMost, expected.period) && texts(*value, "path", expected.path);
}

std::optional<ReplayFile> FileReader::read(std::string_view text) {
  const JsonResult parsed = parse_json(text, JsonStyle::kPlain, arena_, symbols_);
  if (!parsed.error.empty()) {
    fail(parsed.error);
    return std::nullopt;
  }
  const Value& root = parsed.value;
  if (!root.is(ValueKind::kMap)) {
    fail("it is not a JSON object");
    return std::nullopt;
  }
  ReplayFile file;
  uint64_t fuse = file.max_cascade;
  uint64_t timers = 0;
  const bool whole = version(root) && texts(root, "rules", file.rules) &&
                     count(root, "max_cascade", 1, std::numeric_limits<uint32_t>::max(), fuse) &&
                     parameters(root, file.seed) && properties(root, file.seed) && inputs(root, file.seed) &&
                     count(root, "timers", 0, std::numeric_limits<uint32_t>::max(), timers) &&
                     expected(root, file.expected);
  if (!whole) return std::nullopt;
  file.max_cascade = static_cast<uint32_t>(fuse);
  file.seed.timers = static_cast<uint32_t>(timers);
  return file;
}

}  // namespace

std::string_view replay_end_name(End end) {
  switch (end) {
    case End::kEnds:
      return "ends";
    case End::kRepeats:
      return "repeats";
    case End::kFuse:
      return "fuse";
    case End::kGoesOn:
      return "goes on";
    case End::kInvalid:
      return "invalid";
  }
  return {};
}

std::string replay_file_text(const ReplayFile& file) {
  const ReplaySeed& seed = file.seed;
  std::string parameters;
  for (const auto& [name, value] : seed.parameters) {
    parameters.append(parameters.empty() ? "" : ", ").append(in_json(name) + ": " + in_json(value));
  }
  std::string text = fmt::format(
      R"({{
  "krules_replay": {},
  "rules": {},
  "max_cascade": {},
  "parameters": {{{}}},
  "properties": {},
  "inputs": {})",
      kVersion, list_of(file.rules), file.max_cascade, parameters,
      lines_of(seed.properties,
               [](const ReplaySeed::Property& property) {
                 return fmt::format(R"({{"subject": {}, "name": {}, "value": {}}})",
                                    in_json(property.subject), in_json(property.name), property.json);
               }),
      lines_of(seed.inputs, [](const ReplaySeed::Input& input) {
        const std::string subject =
            input.subject.empty() ? "" : fmt::format(R"("subject": {}, )", in_json(input.subject));
        return fmt::format(R"({{"type": {}, {}"data": {}}})", in_json(input.type), subject,
                           input.data.empty() ? "{}" : input.data);
      }));
  if (seed.timers > 0) text += fmt::format(",\n  \"timers\": {}", seed.timers);
  if (file.expected.has_value()) {
    const ReplayFile::Expected& expected = *file.expected;
    text += fmt::format(R"(,
  "expected": {{"end": {}, "events": {}, "period": {}, "path": {}}})",
                        in_json(replay_end_name(expected.end)), expected.events, expected.period,
                        list_of(expected.path));
  }
  return text + "\n}\n";
}

bool write_replay_file(const std::string& path, const ReplayFile& file, std::string& error) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(path).parent_path();
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) {
    error = fmt::format("cannot make the folder `{}`: {}", folder.string(), code.message());
    return false;
  }
  const std::string text = replay_file_text(file);
  std::FILE* out = std::fopen(path.c_str(), "wb");
  bool written = out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  int reason = errno;
  if (out != nullptr && std::fclose(out) != 0 && written) {
    written = false;
    reason = errno;
  }
  if (!written) error = fmt::format("cannot write `{}`: {}", path, std::strerror(reason));
  return written;
}

std::optional<ReplayFile> parse_replay_file(std::string_view text, std::string_view name,
                                            std::string& error) {
  FileReader reader;
  std::optional<ReplayFile> file = reader.read(text);
  if (!file.has_value()) error = fmt::format("`{}` cannot be replayed: {}", name, reader.error());
  return file;
}

std::optional<ReplayFile> read_replay_file(const std::string& path, std::string& error) {
  const SourcePtr source = read_source(path, error);
  if (source == nullptr) return std::nullopt;
  return parse_replay_file(source->text(), path, error);
}

}  // namespace krules
