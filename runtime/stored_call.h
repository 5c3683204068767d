#pragma once

#include <span>
#include <string>
#include <string_view>

#include "krules/host.h"
#include "krules/stored_call.h"

/// Writing the text of calls.
namespace krules {

/// The member of the stored arguments that says which marks stand for which secrets. No parameter is called
/// so.
inline constexpr std::string_view kSecretsMember = "$secrets";

/// The arguments of a call (a map) as JSON. Where there are secrets, a last member tells their marks:
/// `"$secrets":{"MARK":"NAME"}`.
void append_call_arguments(std::string& out, const Value& arguments, std::span<const SecretMark> secrets);

}  // namespace krules
