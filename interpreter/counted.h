#pragma once

#include "nodes.h"

namespace krules {

/// The same condition, counting how it comes out (see counts_of()); `span` is where it is written.
const Node* counted(const Node& condition, Span span, Arena& arena);
/// What counted() was given, or the node itself where nothing is counted.
const Node& uncounted(const Node& condition);
/// The same body, counting how often it runs and fails.
const StmtNode* counted(const StmtNode& body, Arena& arena);

}  // namespace krules
