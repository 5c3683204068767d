#include <fmt/format.h>

#include <algorithm>

#include "krules/json.h"
#include "term.h"

/// Terms as authors would write them.
namespace krules::check {

namespace {

// Names of subexpressions as authors write them; operators with two sides.
std::string_view sign_of(Op op) {
  switch (op) {
    case Op::kAnd:
      return "and";
    case Op::kOr:
      return "or";
    case Op::kEqual:
      return "==";
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kIn:
      return "in";
    case Op::kMatches:
      return "matches";
    case Op::kAdd:
      return "+";
    case Op::kSubtract:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kIntDivide:
      return "div";
    case Op::kModulo:
      return "%";
    case Op::kPower:
      return "**";
    case Op::kCoalesce:
      return "??";
    default:
      return {};
  }
}

bool is_plain_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

std::string TermPool::show(TermId id) const {
  const Term& term = terms_[id];
  const auto args = this->args(id);
  const auto side = [&](TermId part) {
    const bool simple = sign_of(terms_[part].op).empty() && terms_[part].op != Op::kNot;
    return simple ? show(part) : "(" + show(part) + ")";
  };
  switch (term.op) {
    case Op::kConst: {
      std::string text;
      append_json(text, value(id));
      return text;
    }
    case Op::kNow:
      return "now()";
    case Op::kParam:
      return std::string(text(args[0]));
    case Op::kSubject:
      return "subject";
    case Op::kEvent:
      return "event";
    case Op::kProperty:
      return "property";
    case Op::kOld:
      return "old";
    case Op::kNew:
      return "new";
    case Op::kPayload:
      return "payload";
    case Op::kExtra:
      return "extra";
    case Op::kMeta:
      return "meta";
    case Op::kOpaque:
      return "(some value)";
    case Op::kFresh:
      return "uuid()";
    case Op::kProps:
      return show(args[0]) + ".props()";
    case Op::kRead:
    case Op::kReadExt: {
      std::string of = terms_[args[0]].op == Op::kSubject ? "subject" : "subject(" + show(args[0]) + ")";
      if (term.op == Op::kReadExt) of = terms_[args[0]].op == Op::kSubject ? "ext" : of + ".ext";
      if (is_plain_name(text(args[1]))) return of + "." + std::string(text(args[1]));
      return of + "[" + show(args[1]) + "]";
    }
    case Op::kHas:
      return "has(" + show(args[0]) + ")";
    case Op::kField:
      if (is_plain_name(text(args[1]))) return side(args[0]) + "." + std::string(text(args[1]));
      return side(args[0]) + "[" + show(args[1]) + "]";
    case Op::kNot:
      if (terms_[args[0]].op == Op::kEqual) return side(arg(args[0], 0)) + " != " + side(arg(args[0], 1));
      return "not " + side(args[0]);
    case Op::kNegate:
      return "-" + side(args[0]);
    case Op::kIf:
      return "if " + show(args[0]) + " then " + side(args[1]) + " else " + side(args[2]);
    case Op::kConcat: {
      std::string all = "\"";
      for (const TermId part : args)
        all += is_const(part) && value(part).is(ValueKind::kString) ? std::string(text(part))
                                                                    : "{" + show(part) + "}";
      return all + "\"";
    }
    case Op::kList: {
      std::string all;
      for (const TermId part : args) all += (all.empty() ? "" : ", ") + show(part);
      return "[" + all + "]";
    }
    case Op::kMap: {
      std::string all;
      for (size_t i = 0; i + 1 < args.size(); i += 2)
        all += (all.empty() ? " " : ", ") + std::string(text(args[i])) + ": " + show(args[i + 1]);
      return "{" + all + " }";
    }
    case Op::kCall: {
      std::string all;
      for (size_t i = 1; i < args.size(); ++i) all += (i == 1 ? "" : ", ") + show(args[i]);
      return std::string(text(args[0])) + "(" + all + ")";
    }
    default:
      return side(args[0]) + " " + std::string(sign_of(term.op)) + " " + side(args[1]);
  }
}

}  // namespace krules::check
