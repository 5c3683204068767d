#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace krules::cli {

/// "1 event", "2 events", "12,345 events".
std::string counted(uint64_t count, std::string_view noun);
/// "12,345,678".
std::string grouped(uint64_t number);
/// "0:07", "12:30", "2:03:00".
std::string clock_text(double seconds);

}  // namespace krules::cli
