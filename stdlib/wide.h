#pragma once

namespace krules::library {

/// Whole numbers that hold every sum, difference and product of two 64-bit ones.
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

}  // namespace krules::library
