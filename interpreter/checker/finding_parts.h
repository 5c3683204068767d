#pragma once

#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "findings.h"

namespace krules::check {

/// What all searches for findings work with, and where they put what they find.
struct FindingSearch {
  Model& model;
  const EventGraph& graph;
  const Writers& writers;
  Facts& facts;
  const std::vector<ast::Module>& modules;
  const Program& program;
  std::vector<Diagnostic>& out;

  /// Event types that are told to be misspelled, both as written and as meant.
  std::unordered_set<std::string> misspelled = {};
  /// Properties likewise.
  std::unordered_set<std::string> misspelled_properties = {};
  /// By rule: no event can fire it.
  std::vector<char> dead = {};

  Diagnostic& add(Severity severity, std::string_view code, Location where, std::string message,
                  std::string help);
  Diagnostic& warn(std::string_view code, Location where, std::string message, std::string help) {
    return add(Severity::kWarning, code, std::move(where), std::move(message), std::move(help));
  }
  Diagnostic& note(std::string_view code, Location where, std::string message, std::string help) {
    return add(Severity::kNote, code, std::move(where), std::move(message), std::move(help));
  }
  Location place(uint32_t rule, Span span) const { return {modules[model.rules[rule].source].source, span}; }
  const std::string& name_of(uint32_t rule) const { return model.rules[rule].compiled->name; }
};

/// The places of a rule's `when`s, in order.
std::vector<Span> whens_of(const ast::Rule& rule);

/// Unused names, hiding `catch`es, rules without a name: what the text alone shows.
void find_in_text(FindingSearch& search);
/// Misspelled names, and names off the convention.
void find_in_names(FindingSearch& search);
/// Rules that nothing fires, events that nobody handles.
void find_in_events(FindingSearch& search);
/// Conditions that never or always hold.
void find_in_guards(FindingSearch& search);
/// Kinds of values that an operator or a condition does not take.
void find_in_kinds(FindingSearch& search);
/// Rules on one event: twins, and those where the order decides.
void find_in_pairs(FindingSearch& search);
void find_twins(FindingSearch& search);
/// Writes that their own cascade takes back.
void find_reverts(FindingSearch& search);

}  // namespace krules::check
