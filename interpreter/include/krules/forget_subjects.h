#pragma once

#include "krules/program.h"

namespace krules {

/// To be called before each cascade that a program runs: rules remember for as long as one cascade where they
/// found subjects, and between two of them a host may let subjects go.
void forget_subjects(const Program& program);

}  // namespace krules
