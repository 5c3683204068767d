#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The kinds of options that the commands have. An option's type name, which its help shows, also tells the
/// completion scripts what may follow it: "a|b" these words, "FILE", "PATH" and "FOLDER" files, else nothing
/// known.
namespace krules::cli {

inline constexpr const char* kDefaultStore = "krules.db";

/// A text that is not empty. As all options but those of add_texts(), it may be given once. The reference
/// lives as long as the application.
CLI::Option* add_text(CLI::App& app, const std::string& names, const std::string& type, std::string& value,
                      const std::string& help);

/// May be given any number of times, each time with one text that is not empty.
CLI::Option* add_texts(CLI::App& app, const std::string& names, const std::string& type,
                       std::vector<std::string>& values, const std::string& help);

/// A whole number from `least` to `most`.
CLI::Option* add_number(CLI::App& app, const std::string& names, uint64_t least, uint64_t most,
                        uint64_t& value, const std::string& help);

/// `--db FILE`.
CLI::Option* add_store(CLI::App& app, std::string& path);

/// Throws what is reported as wrong usage.
[[noreturn]] void wrong_usage(const std::string& message);

/// One of some words.
template <typename T>
CLI::Option* add_choice(CLI::App& app, const std::string& names,
                        std::vector<std::pair<std::string_view, T>> choices, T& value,
                        const std::string& help) {
  std::string words;
  for (const auto& [word, meaning] : choices) words.append(words.empty() ? "" : "|").append(word);
  return app
      .add_option_function<std::string>(
          names,
          [&value, choices = std::move(choices), words, names](const std::string& given) {
            for (const auto& [word, meaning] : choices) {
              if (given == word) {
                value = meaning;
                return;
              }
            }
            wrong_usage("`" + given + "` is no value of " + names + ": it is one of " + words);
          },
          help)
      ->type_name(words);
}

}  // namespace krules::cli
