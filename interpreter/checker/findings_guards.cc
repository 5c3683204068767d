#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "finding_parts.h"
#include "krules/check_codes.h"

/// Conditions of rules that never hold, or always.
namespace krules::check {

namespace {

class Guards {
 public:
  explicit Guards(FindingSearch& search) : search_(search), terms_(search.model.terms), plain_(terms_) {}

  void look_at(uint32_t rule) {
    const RuleModel& model = search_.model.rules[rule];
    if (model.own_paths == 0 || search_.dead[rule] != 0) return;
    const std::vector<Span> spans = whens_of(*model.syntax);
    const std::vector<Literal>& path = search_.model.paths[model.first_path].when;
    if (spans.empty() || path.size() < spans.size()) return;
    search_.facts.forget_runs();
    search_.facts.set_rule(0, rule);
    const std::vector<Literal> whens(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(spans.size()));
    if (is_impossible(whens)) {
      tell_never(rule, whens, spans);
      return;
    }
    std::vector<Literal> before;
    for (size_t i = 0; i < whens.size(); ++i) {
      if (!terms_.is_const(whens[i].term) && cannot_fail(whens[i].term)) {
        before.push_back({whens[i].term, false});
        if (is_impossible(before)) tell_always(rule, spans[i], before);
        before.pop_back();
      }
      before.push_back(whens[i]);
    }
  }

 private:
  bool is_impossible(const std::vector<Literal>& literals) {
    return search_.facts.solver().is_contradiction(literals);
  }

  // Kinds that do not fit are the better reason.
  bool is_told(uint32_t rule, Span span) const {
    const Source* source = search_.place(rule, span).source.get();
    return std::any_of(search_.out.begin(), search_.out.end(), [&](const Diagnostic& each) {
      const Location& where = each.primary.where;
      return each.code == check_codes::kKindsDoNotFit && where.source.get() == source &&
             where.span.begin >= span.begin && where.span.end <= span.end;
    });
  }

  void tell_never(uint32_t rule, const std::vector<Literal>& whens, const std::vector<Span>& spans) {
    std::vector<Literal> first;
    size_t at = 0;
    for (; at < whens.size(); ++at) {
      first.push_back(whens[at]);
      if (is_impossible(first)) break;
    }
    if (at == whens.size()) return;
    if (is_told(rule, spans[at])) return;
    const bool alone = is_impossible({whens[at]});
    const bool by_itself = plain_.is_contradiction(alone ? std::vector{whens[at]} : first);
    std::string message =
        alone ? "this condition never holds" : "this condition never holds with those before it";
    std::string help = fmt::format("as it is, the rule `{}` never runs", search_.name_of(rule));
    if (!by_itself) {
      help += ": no rule sets or sends a value that would fit";
      message += ", by all that the program's rules set and send";
    }
    search_.warn(check_codes::kNeverHolds, search_.place(rule, spans[at]), std::move(message),
                 std::move(help));
  }

  void tell_always(uint32_t rule, Span span, const std::vector<Literal>& literals) {
    std::string message = "this condition always holds";
    // What the program's rules do today may be what it guards against.
    Severity severity = Severity::kWarning;
    if (!plain_.is_contradiction(literals)) {
      message += ", by all that the program's rules set and send";
      severity = Severity::kNote;
    } else if (!plain_.is_contradiction({literals.back()})) {
      message += " where those before it do";
    }
    search_.add(severity, check_codes::kAlwaysHolds, search_.place(rule, span), std::move(message),
                "leave it out, or write what it was to rule out");
  }

  // Whether it is true or false whatever the values are: a condition that fails does not hold.
  bool cannot_fail(TermId term) {
    const auto all = [&] {
      const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
      return std::all_of(args.begin(), args.end(), [&](TermId arg) { return gives_value(arg); });
    };
    switch (terms_.op(term)) {
      case Op::kConst:
        return true;
      case Op::kNot:
      case Op::kAnd:
      case Op::kOr: {
        const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
        return std::all_of(args.begin(), args.end(), [&](TermId arg) { return cannot_fail(arg); });
      }
      case Op::kHas:
        return true;
      case Op::kEqual:
        return all();
      case Op::kIn:
        return all() && is_kind(terms_.arg(term, 1), ValueSet::kList);
      case Op::kLess:
      case Op::kLessEqual: {
        const TermId left = terms_.arg(term, 0);
        const TermId right = terms_.arg(term, 1);
        return all() && ((is_kind(left, ValueSet::kNumber) && is_kind(right, ValueSet::kNumber)) ||
                         (is_kind(left, ValueSet::kString) && is_kind(right, ValueSet::kString)));
      }
      default:
        return gives_value(term) && is_kind(term, ValueSet::kNull | ValueSet::kTrue | ValueSet::kFalse);
    }
  }

  bool is_kind(TermId term, uint16_t kinds) {
    return (search_.facts.solver().values(term, {}).kinds & ~kinds) == 0;
  }

  // Computing it never fails.
  bool gives_value(TermId term) {
    switch (terms_.op(term)) {
      case Op::kConst:
      case Op::kNow:
      case Op::kParam:
      case Op::kSubject:
      case Op::kEvent:
      case Op::kProperty:
      case Op::kOld:
      case Op::kNew:
      case Op::kPayload:
      case Op::kExtra:
      case Op::kHas:
        return true;
      case Op::kRead:
      case Op::kReadExt:
        return terms_.op(terms_.arg(term, 0)) == Op::kSubject && terms_.is_const(terms_.arg(term, 1));
      case Op::kField:
        return terms_.op(terms_.arg(term, 0)) == Op::kPayload && terms_.is_const(terms_.arg(term, 1));
      case Op::kCoalesce:
      case Op::kList: {
        const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
        return std::all_of(args.begin(), args.end(), [&](TermId arg) { return gives_value(arg); });
      }
      default:
        return false;
    }
  }

  FindingSearch& search_;
  TermPool& terms_;
  Solver plain_;
};

}  // namespace

void find_in_guards(FindingSearch& search) {
  Guards guards(search);
  for (uint32_t rule = 0; rule < search.model.rule_count; ++rule) guards.look_at(rule);
}

}  // namespace krules::check
