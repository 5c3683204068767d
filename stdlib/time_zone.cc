#include "time_zone.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>

#include "krules/diagnostic.h"

namespace krules::library {

namespace {

constexpr int64_t kSecondsPerDay = 86'400;
// No zone is farther from UTC, and no clock change lies nearer to another.
constexpr int64_t kProbe = 36 * 3600;

int64_t days_to(int year, unsigned month, unsigned day) {
  const std::chrono::sys_days date =
      std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
  return date.time_since_epoch().count();
}

// 0 is Sunday.
int weekday_of(int64_t days) {
  return static_cast<int>(((days + 4) % 7 + 7) % 7);
}

// A big-endian reader of the file's fields; ok() turns false at the end of the bytes.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : bytes_(bytes) {}

  std::string_view take(size_t count) {
    if (count > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  int64_t integer(size_t width) {
    uint64_t value = 0;
    const std::string_view taken = take(width);
    for (const char c : taken) value = value << 8 | static_cast<unsigned char>(c);
    return width == 4 ? static_cast<int32_t>(value) : static_cast<int64_t>(value);
  }
  std::string_view rest() const { return bytes_; }
  bool ok() const { return ok_; }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

struct Header {
  int version = 0;
  int64_t utc_marks = 0;
  int64_t standard_marks = 0;
  int64_t leaps = 0;
  int64_t moments = 0;
  int64_t types = 0;
  int64_t letters = 0;

  size_t body_size(size_t time_width) const {
    return static_cast<size_t>(moments) * (time_width + 1) + static_cast<size_t>(types) * 6 +
           static_cast<size_t>(letters) + static_cast<size_t>(leaps) * (time_width + 4) +
           static_cast<size_t>(standard_marks) + static_cast<size_t>(utc_marks);
  }
};

std::optional<Header> read_header(Fields& fields) {
  if (fields.take(4) != "TZif") return std::nullopt;
  const std::string_view version = fields.take(1);
  fields.take(15);
  Header header;
  header.version = version.empty() ? 0 : version[0] == '\0' ? 1 : version[0] - '0';
  for (int64_t* count : {&header.utc_marks, &header.standard_marks, &header.leaps, &header.moments,
                         &header.types, &header.letters}) {
    *count = fields.integer(4);
    if (*count < 0 || *count > 1'000'000) return std::nullopt;
  }
  if (!fields.ok() || header.types == 0) return std::nullopt;
  return header;
}

}  // namespace

// Reads the last line of a zone file: "CET-1CEST,M3.5.0,M10.5.0/3".
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text) {}

  std::optional<TimeZone::Yearly> read() {
    TimeZone::Yearly yearly;
    yearly.standard.abbreviation = name();
    yearly.standard.offset = -clock_time();
    if (!ok_) return std::nullopt;
    if (text_.empty()) return yearly;
    yearly.has_summer = true;
    yearly.summer.abbreviation = name();
    yearly.summer.offset = yearly.standard.offset + 3600;
    if (!text_.empty() && text_.front() != ',') yearly.summer.offset = -clock_time();
    yearly.begins = rule();
    yearly.ends = rule();
    if (!ok_ || !text_.empty()) return std::nullopt;
    return yearly;
  }

 private:
  bool skip(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok_ &= skip(c); }

  int number() {
    int value = 0;
    const auto [end, problem] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (problem != std::errc{} || value < 0 || value > 1000) {
      ok_ = false;
      return 0;
    }
    text_.remove_prefix(static_cast<size_t>(end - text_.data()));
    return value;
  }

  std::string name() {
    const bool quoted = skip('<');
    size_t length = 0;
    auto belongs = [&](char c) {
      return quoted ? c != '>' : (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    };
    while (length < text_.size() && belongs(text_[length])) ++length;
    std::string result(text_.substr(0, length));
    text_.remove_prefix(length);
    if (quoted) expect('>');
    ok_ &= !result.empty();
    return result;
  }

  // [+-]hh[:mm[:ss]]
  int64_t clock_time() {
    const bool negative = skip('-');
    if (!negative) skip('+');
    int64_t seconds = int64_t{number()} * 3600;
    if (skip(':')) seconds += int64_t{number()} * 60;
    if (skip(':')) seconds += number();
    return negative ? -seconds : seconds;
  }

  YearlyRule rule() {
    YearlyRule result;
    expect(',');
    if (skip('M')) {
      result.form = YearlyRule::Form::kMonthWeekDay;
      result.month = number();
      expect('.');
      result.week = number();
      expect('.');
      result.day = number();
      ok_ &=
          result.month >= 1 && result.month <= 12 && result.week >= 1 && result.week <= 5 && result.day <= 6;
    } else {
      result.form = skip('J') ? YearlyRule::Form::kDayWithoutLeap : YearlyRule::Form::kDay;
      result.day = number();
    }
    result.time = skip('/') ? clock_time() : 7200;
    return result;
  }

  std::string_view text_;
  bool ok_ = true;
};

int64_t YearlyRule::local_seconds(int year) const {
  int64_t days = 0;
  if (form == Form::kMonthWeekDay) {
    const int64_t first = days_to(year, static_cast<unsigned>(month), 1);
    const int64_t next_month =
        month == 12 ? days_to(year + 1, 1, 1) : days_to(year, static_cast<unsigned>(month) + 1, 1);
    days = first + (day - weekday_of(first) + 7) % 7 + (week - 1) * 7;
    if (days >= next_month) days -= 7;
  } else {
    const bool skips_leap_day = form == Form::kDayWithoutLeap;
    days = days_to(year, 1, 1) + day - (skips_leap_day ? 1 : 0);
    if (skips_leap_day && day >= 60 && std::chrono::year(year).is_leap()) ++days;
  }
  return days * kSecondsPerDay + time;
}

std::unique_ptr<const TimeZone> TimeZone::read(std::string_view bytes) {
  Fields fields(bytes);
  std::optional<Header> header = read_header(fields);
  if (!header) return nullptr;
  size_t width = 4;
  if (header->version >= 2) {
    // The same once more in 64 bits, which is what counts.
    fields.take(header->body_size(width));
    header = read_header(fields);
    if (!header) return nullptr;
    width = 8;
  }
  auto zone = std::make_unique<TimeZone>();
  for (int64_t i = 0; i < header->moments; ++i) zone->moments_.push_back(fields.integer(width));
  for (const char c : fields.take(static_cast<size_t>(header->moments))) {
    zone->types_at_.push_back(static_cast<uint8_t>(c));
  }
  std::vector<size_t> names;
  for (int64_t i = 0; i < header->types; ++i) {
    zone->types_.push_back({fields.integer(4), {}});
    fields.take(1);
    const std::string_view at = fields.take(1);
    names.push_back(at.empty() ? 0 : static_cast<unsigned char>(at[0]));
  }
  const std::string_view letters = fields.take(static_cast<size_t>(header->letters));
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] >= letters.size()) return nullptr;
    zone->types_[i].abbreviation = letters.substr(names[i], letters.find('\0', names[i]) - names[i]);
  }
  fields.take(static_cast<size_t>(header->leaps) * (width + 4) + static_cast<size_t>(header->standard_marks) +
              static_cast<size_t>(header->utc_marks));
  if (!fields.ok() || !std::is_sorted(zone->moments_.begin(), zone->moments_.end())) return nullptr;
  for (const uint8_t type : zone->types_at_) {
    if (type >= zone->types_.size()) return nullptr;
  }
  std::string_view footer = fields.rest();
  if (width == 8 && footer.starts_with('\n')) {
    footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    if (!footer.empty()) zone->yearly_ = RuleReader(footer).read();
  }
  return zone;
}

ZoneOffset TimeZone::at(int64_t seconds) const {
  const auto after = std::upper_bound(moments_.begin(), moments_.end(), seconds);
  if (after == moments_.end() && yearly_) return yearly_at(seconds);
  const size_t type =
      after == moments_.begin() ? 0 : types_at_[static_cast<size_t>(after - moments_.begin()) - 1];
  return {types_[type].offset, types_[type].abbreviation};
}

ZoneOffset TimeZone::yearly_at(int64_t seconds) const {
  const Yearly& yearly = *yearly_;
  bool summer = false;
  if (yearly.has_summer) {
    const int64_t local = seconds + yearly.standard.offset;
    const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::seconds(local))};
    const int year = static_cast<int>(std::chrono::year_month_day(day).year());
    const int64_t begins = yearly.begins.local_seconds(year) - yearly.standard.offset;
    const int64_t ends = yearly.ends.local_seconds(year) - yearly.summer.offset;
    summer = begins < ends ? seconds >= begins && seconds < ends : seconds >= begins || seconds < ends;
  }
  const Type& type = summer ? yearly.summer : yearly.standard;
  return {type.offset, type.abbreviation};
}

int64_t Zone::to_utc(int64_t local) const {
  if (place_ == nullptr) return local - fixed_;
  const int64_t before = at(local - kProbe).seconds;
  const int64_t after = at(local + kProbe).seconds;
  if (at(local - before).seconds == before) return local - before;
  if (at(local - after).seconds == after) return local - after;
  // Skipped: look for the moment from which on the clocks are as after the change.
  int64_t low = local - std::max(before, after);
  int64_t high = local - std::min(before, after);
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (at(middle).seconds == after ? high : low) = middle;
  }
  return high;
}

// ---------------------------------------------------------------- by name

namespace {

// Whether it can be the name of a zone, and of no other file.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > 64 || name.front() == '/' || name.find("..") != std::string_view::npos) {
    return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  });
}

// "+05:30", "-08:00".
std::optional<int64_t> fixed_offset(std::string_view name) {
  if (name.size() != 6 || (name[0] != '+' && name[0] != '-') || name[3] != ':') return std::nullopt;
  auto digit = [&name](size_t i) { return name[i] >= '0' && name[i] <= '9' ? name[i] - '0' : 100; };
  const int hours = digit(1) * 10 + digit(2);
  const int minutes = digit(4) * 10 + digit(5);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const int64_t seconds = hours * 3600 + minutes * 60;
  return name[0] == '-' ? -seconds : seconds;
}

std::string read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return {};
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::filesystem::path system_zone_folder() {
  const char* folder = std::getenv("TZDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/usr/share/zoneinfo";
}

ZoneCache::ZoneCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::optional<Zone> ZoneCache::find(std::string_view name) {
  if (name == "UTC" || name == "Z") return Zone{};
  if (const std::optional<int64_t> offset = fixed_offset(name)) return Zone(*offset);
  const std::lock_guard lock(mutex_);
  const TimeZone* found = place(name);
  return found == nullptr ? std::nullopt : std::optional(Zone(found));
}

const TimeZone* ZoneCache::place(std::string_view name) {
  if (const auto found = places_.find(name); found != places_.end()) return found->second.get();
  if (!is_zone_name(name)) return nullptr;
  std::unique_ptr<const TimeZone> zone = TimeZone::read(read_file(folder_ / name));
  return zone == nullptr ? nullptr : places_.emplace(std::string(name), std::move(zone)).first->second.get();
}

const std::vector<std::string>& ZoneCache::names() {
  if (names_) return *names_;
  names_.emplace();
  std::error_code problem;
  std::filesystem::recursive_directory_iterator files(folder_, problem);
  for (; !problem && files != std::filesystem::recursive_directory_iterator(); files.increment(problem)) {
    const std::string name = files->path().lexically_relative(folder_).generic_string();
    if (name == "posix" || name == "right") {
      files.disable_recursion_pending();
    } else if (is_zone_name(name) && files->is_regular_file(problem)) {
      names_->push_back(name);
    }
  }
  std::sort(names_->begin(), names_->end());
  return *names_;
}

std::string ZoneCache::help_for(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const std::vector<std::string>& known = names();
  if (known.empty())
    return "there are no time zones in " + folder_.string() + "; the package tzdata brings them";
  // The name of the city alone, or of the whole zone, however spelt.
  for (const std::string& candidate : known) {
    if (std::string_view(candidate).ends_with(name) && candidate.size() > name.size() &&
        candidate[candidate.size() - name.size() - 1] == '/') {
      return "did you mean `" + candidate + "`?";
    }
  }
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const std::string_view nearest = nearest_name(name, candidates);
  if (!nearest.empty()) return "did you mean `" + std::string(nearest) + "`?";
  return "a zone is called as in \"Europe/Rome\", \"UTC\" or \"+02:00\"";
}

}  // namespace krules::library
