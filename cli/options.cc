#include "options.h"

#include <fmt/format.h>

#include <charconv>

namespace krules::cli {

namespace {

/// "--output" of "-o,--output", "PATH" of "PATH".
std::string long_name(const std::string& names) {
  return names.substr(names.rfind(',') + 1);
}

void refuse_empty(const std::string& given, const std::string& name) {
  if (!given.empty()) return;
  if (name.starts_with('-'))
    wrong_usage(fmt::format("`{}` needs a value, and the one that was given is empty", name));
  wrong_usage(fmt::format("the {} that was given is empty", name));
}

}  // namespace

CLI::Option* add_text(CLI::App& app, const std::string& names, const std::string& type, std::string& value,
                      const std::string& help) {
  const auto take = [&value, name = long_name(names)](const std::string& given) {
    refuse_empty(given, name);
    value = given;
  };
  return app.add_option_function<std::string>(names, take, help)->type_name(type);
}

CLI::Option* add_texts(CLI::App& app, const std::string& names, const std::string& type,
                       std::vector<std::string>& values, const std::string& help) {
  const auto take = [&values, name = long_name(names)](const std::vector<std::string>& given) {
    for (const std::string& each : given) refuse_empty(each, name);
    values = given;
  };
  // One text behind each mention of an option; positionals take all that come.
  return app.add_option_function<std::vector<std::string>>(names, take, help)
      ->type_name(type)
      ->allow_extra_args(!names.starts_with('-'));
}

CLI::Option* add_number(CLI::App& app, const std::string& names, uint64_t least, uint64_t most,
                        uint64_t& value, const std::string& help) {
  return app
      .add_option_function<std::string>(
          names,
          [&value, least, most, names](const std::string& given) {
            const char* end = given.data() + given.size();
            const auto [stopped, error] = std::from_chars(given.data(), end, value);
            if (error == std::errc() && stopped == end && value >= least && value <= most) return;
            wrong_usage(fmt::format("`{}` is no value of {}: it is a whole number from {} to {}", given,
                                    names, least, most));
          },
          help)
      ->type_name("N");
}

CLI::Option* add_store(CLI::App& app, std::string& path) {
  return add_text(app, "--db", "FILE", path, fmt::format("the store (default: {})", kDefaultStore));
}

void wrong_usage(const std::string& message) {
  throw CLI::ValidationError(message);
}

}  // namespace krules::cli
