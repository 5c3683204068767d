#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "krules/compiled_test.h"
#include "krules/program.h"
#include "nodes.h"

namespace krules {

struct CompiledInput {
  struct Field {
    const Symbol* name;
    ast::KindSpec kind;
  };
  NamePattern type;
  std::vector<Field> fields;
  bool has_fields = false;
  const Node* subject = nullptr;
  uint32_t local_count = 0;
  Span span;
  uint32_t source = 0;
};

struct Program::Impl {
  Arena arena;
  std::shared_ptr<const SymbolTable> symbols;
  std::vector<SourcePtr> sources;
  std::vector<CompiledRule> rules;
  std::vector<CompiledRule> wrappers;
  std::vector<CompiledSchedule> schedules;
  std::vector<SecretDeclaration> secrets;
  std::vector<CallSite> calls;
  std::deque<CompiledInput> inputs;
  std::unordered_map<const Symbol*, const CompiledInput*> inputs_by_type;
  std::vector<const CompiledInput*> inputs_by_glob;
  std::vector<NamePattern> outputs;
  Arena test_arena;  ///< of what tests alone need
  std::vector<CompiledTest> tests;
  std::deque<Glob> globs;  ///< of `x matches "..."`
  /// Goes up with each cascade: what nodes remember of subjects holds for one.
  mutable uint64_t cascade = 0;
};

/// Whether a value is of the kind that a `param` or `input` asks for. Ints are floats, too; a text that reads
/// as a timestamp (or duration) counts as one, because that is how they arrive from outside.
bool fits_kind(const Value& value, const ast::KindSpec& spec);
/// "int", "string?".
std::string spelled(const ast::KindSpec& spec);

/// What evaluate_whens() begins with.
void begin_rule_frame(const CompiledRule& rule, Frame& frame);

}  // namespace krules
