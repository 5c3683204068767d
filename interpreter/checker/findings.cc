#include "findings.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "finding_parts.h"

namespace krules::check {

Diagnostic& FindingSearch::add(Severity severity, std::string_view code, Location where, std::string message,
                               std::string help) {
  Diagnostic& made = out.emplace_back();
  made.severity = severity;
  made.code = code;
  made.primary.where = std::move(where);
  made.message = std::move(message);
  made.helps.push_back(std::move(help));
  return made;
}

std::vector<Span> whens_of(const ast::Rule& rule) {
  std::vector<Span> spans;
  for (const ast::HeadClause& clause : rule.head) {
    if (const auto* when = std::get_if<ast::When>(&clause)) spans.push_back(when->span);
  }
  return spans;
}

void add_findings(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts,
                  const std::vector<ast::Module>& modules, const Program& program,
                  std::vector<Diagnostic>& out) {
  std::vector<Diagnostic> found;
  FindingSearch search{model, graph, writers, facts, modules, program, found};
  search.dead.resize(model.rules.size(), 0);
  find_in_text(search);
  find_in_names(search);
  find_in_events(search);
  find_in_kinds(search);
  find_in_guards(search);
  find_twins(search);
  find_in_pairs(search);
  find_reverts(search);
  facts.forget_runs();
  std::unordered_map<const Source*, size_t> order;
  for (const ast::Module& module : modules) order.emplace(module.source.get(), order.size());
  std::stable_sort(found.begin(), found.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    const Location& first = a.primary.where;
    const Location& second = b.primary.where;
    return std::tuple(order[first.source.get()], first.span.begin, std::string_view(a.code)) <
           std::tuple(order[second.source.get()], second.span.begin, std::string_view(b.code));
  });
  out.insert(out.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

}  // namespace krules::check
