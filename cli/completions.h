#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>

namespace krules::cli {

enum class Shell : uint8_t { kBash, kZsh, kFish };

/// A script that teaches a shell the commands and options of `root`: made from their declarations, so that it
/// cannot fall behind them.
std::string completion_script(CLI::App& root, Shell shell);

}  // namespace krules::cli
