#include "term.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "glob_meet.h"
#include "krules/json.h"

namespace krules::check {

namespace {

constexpr uint64_t kUpperHalf = 0xFFFFFFFF00000000;

// The text of a constant inside an interpolated string; false where that is not plain.
bool append_plain(std::string& text, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
      text.append(value.text());
      return true;
    case ValueKind::kInt:
      text.append(fmt::format("{}", value.as_int()));
      return true;
    case ValueKind::kBool:
      text.append(value.as_bool() ? "true" : "false");
      return true;
    default:
      return false;
  }
}

}  // namespace

TermPool::TermPool() : table_(1024, 0) {
  null_ = constant(Value::null());
  true_ = constant(Value::boolean(true));
  false_ = constant(Value::boolean(false));
}

bool TermPool::is_text(TermId id, std::string_view wanted) const {
  return is_const(id) && value(id).is(ValueKind::kString) && value(id).text() == wanted;
}

std::string_view TermPool::text(TermId id) const {
  if (!is_const(id) || !value(id).is(ValueKind::kString)) return {};
  return values_[terms_[id].data].text();
}

uint64_t TermPool::hash(const Term& term, std::span<const TermId> args) const {
  uint64_t h = static_cast<uint64_t>(term.op) * 0x9E3779B97F4A7C15U + term.epoch;
  if (term.op == Op::kConst) {
    h ^= hash_value(values_[term.data]) + static_cast<uint64_t>(values_[term.data].kind());
  } else {
    h ^= term.data;
  }
  for (const TermId arg : args) h = (h ^ arg) * 0xD6E8FEB86659FD93U + (h >> 29);
  h *= 0xBF58476D1CE4E5B9U;
  return h ^ (h >> 31);
}

void TermPool::grow() {
  std::vector<uint64_t> bigger(table_.size() * 2, 0);
  const size_t mask = bigger.size() - 1;
  for (uint32_t id = 0; id < terms_.size(); ++id) {
    const uint64_t hashed = hash(terms_[id], args(id));
    size_t at = hashed & mask;
    while (bigger[at] != 0) at = (at + 1) & mask;
    bigger[at] = (hashed & kUpperHalf) | (id + 1);
  }
  table_.swap(bigger);
}

namespace {

constexpr uint32_t kMostSize = 1'000'000'000;

}  // namespace

// Whether there is something at a place, of which the value is known.
TermId TermPool::has(Op op, std::span<const TermId> of, TermId value) {
  if (is_const(value)) return value == null_ ? opaque() : true_;
  const bool is_place = terms_[value].op == op && std::ranges::equal(args(value), of);
  return is_place ? apply(Op::kHas, {value}) : opaque();
}

TermId TermPool::make(Op op, std::span<const TermId> args_given, uint32_t data, uint8_t epoch) {
  Term term;
  term.op = op;
  term.epoch = epoch;
  term.data = data;
  term.local = is_local(op) || op == Op::kNow;
  for (const TermId arg : args_given) {
    term.local |= terms_[arg].local;
    term.size = terms_[arg].size > kMostSize - term.size ? kMostSize : term.size + terms_[arg].size;
  }
  term.count = static_cast<uint32_t>(args_given.size());
  const size_t mask = table_.size() - 1;
  const uint64_t hashed = hash(term, args_given);
  size_t at = hashed & mask;
  for (; table_[at] != 0; at = (at + 1) & mask) {
    if ((table_[at] & kUpperHalf) != (hashed & kUpperHalf)) continue;
    const TermId id = static_cast<uint32_t>(table_[at]) - 1;
    const Term& known = terms_[id];
    if (known.op != op || known.epoch != epoch || known.count != term.count) continue;
    if (op == Op::kConst) {
      const Value& a = values_[known.data];
      const Value& b = values_[data];
      if (a.kind() != b.kind() || !equal(a, b)) continue;
    } else if (known.data != data || !std::ranges::equal(args(id), args_given)) {
      continue;
    }
    return id;
  }
  const auto id = static_cast<TermId>(terms_.size());
  term.first = static_cast<uint32_t>(args_.size());
  // The arguments may lie in args_ itself.
  const std::vector<TermId> copy(args_given.begin(), args_given.end());
  args_.insert(args_.end(), copy.begin(), copy.end());
  terms_.push_back(term);
  table_[at] = (hashed & kUpperHalf) | (id + 1);
  if (terms_.size() * 3 > table_.size() * 2) grow();
  return id;
}

TermId TermPool::constant(const Value& value) {
  values_.push_back(value);
  const size_t before = terms_.size();
  const TermId id = make(Op::kConst, {}, static_cast<uint32_t>(values_.size() - 1), 0);
  if (terms_.size() == before) {
    values_.pop_back();
  } else {
    values_.back() = clone_into(value, arena_);
  }
  return id;
}

TermId TermPool::text_constant(std::string_view text) {
  return constant(Value::string_view(text));
}

TermId TermPool::leaf(Op op, uint8_t epoch) {
  return make(op, {}, 0, epoch);
}

TermId TermPool::param(std::string_view name) {
  const TermId arg = text_constant(name);
  return make(Op::kParam, std::span(&arg, 1), 0, 0);
}

TermId TermPool::read(TermId subject, TermId name, uint8_t epoch) {
  const TermId args[] = {subject, name};
  return make(Op::kRead, args, 0, epoch);
}

TermId TermPool::read_extended(TermId subject, TermId name, uint8_t epoch) {
  const TermId args[] = {subject, name};
  return make(Op::kReadExt, args, 0, epoch);
}

TermId TermPool::apply(Op op, std::span<const TermId> given) {
  // Simplifying may make terms, which moves what `given` may point to.
  const std::vector<TermId> args(given.begin(), given.end());
  return simplified(op, args);
}

TermId TermPool::arithmetic(Op op, TermId a, TermId b) {
  const TermId plain[] = {a, b};
  if (!is_const(a) || !is_const(b)) return make(op, plain, 0, 0);
  const Value x = value(a);
  const Value y = value(b);
  if (!x.is_number() || !y.is_number()) return make(op, plain, 0, 0);
  if (x.is(ValueKind::kInt) && y.is(ValueKind::kInt)) {
    int64_t result = 0;
    bool wrong = true;
    if (op == Op::kAdd) wrong = __builtin_add_overflow(x.as_int(), y.as_int(), &result);
    if (op == Op::kSubtract) wrong = __builtin_sub_overflow(x.as_int(), y.as_int(), &result);
    if (op == Op::kMultiply) wrong = __builtin_mul_overflow(x.as_int(), y.as_int(), &result);
    return wrong ? make(op, plain, 0, 0) : number(result);
  }
  double result = NAN;
  if (op == Op::kAdd) result = x.as_number() + y.as_number();
  if (op == Op::kSubtract) result = x.as_number() - y.as_number();
  if (op == Op::kMultiply) result = x.as_number() * y.as_number();
  return std::isfinite(result) ? constant(Value::floating(result)) : make(op, plain, 0, 0);
}

TermId TermPool::comparison(Op op, TermId a, TermId b) {
  const TermId plain[] = {a, b};
  if (is_const(a) && is_const(b)) {
    const Value& x = value(a);
    const Value& y = value(b);
    if (op == Op::kEqual) return truth(equal(x, y));
    if (x.is_number() && y.is_number()) {
      const int order = compare_numbers(x, y);
      return truth(op == Op::kLess ? order < 0 : order <= 0);
    }
    if (x.is(ValueKind::kString) && y.is(ValueKind::kString)) {
      const int order = x.text().compare(y.text());
      return truth(op == Op::kLess ? order < 0 : order <= 0);
    }
  } else if (op == Op::kLess) {
    // The least of some is not more than one of them.
    const auto is_one_of = [&](TermId id, TermId call, std::string_view name) {
      if (terms_[call].op != Op::kCall || !is_text(arg(call, 0), name)) return false;
      const auto parts = args(call).subspan(1);
      return std::any_of(parts.begin(), parts.end(), [&](TermId part) {
        return part == id || (terms_[part].op == Op::kCoalesce && arg(part, 0) == id);
      });
    };
    if (is_one_of(a, b, "min") || is_one_of(b, a, "max")) return false_;
  } else if (op == Op::kEqual) {
    if (a == b) return true_;
    // What is true or false itself.
    const auto is_test = [&](TermId id) {
      const Op of = terms_[id].op;
      return of == Op::kEqual || of == Op::kLess || of == Op::kLessEqual || of == Op::kIn ||
             of == Op::kMatches || of == Op::kHas;
    };
    for (const auto& [one, other] : {std::pair(a, b), std::pair(b, a)}) {
      const bool test = is_test(one) || (terms_[one].op == Op::kNot && is_test(arg(one, 0)));
      if (test && other == true_) return one;
      if (test && other == false_) return apply(Op::kNot, {one});
    }
    // One order, so that equal conditions are equal terms; constants behind.
    if (is_const(a) || (!is_const(b) && b < a)) {
      const TermId turned[] = {b, a};
      return make(op, turned, 0, 0);
    }
  }
  return make(op, plain, 0, 0);
}

// What does the same a second time does nothing then; white space and case do not touch each other.
TermId TermPool::call(std::span<const TermId> args) {
  static constexpr std::string_view kIdempotent[] = {"trim", "lower", "upper",    "round", "floor", "ceil",
                                                     "abs",  "sort",  "distinct", "int",   "float"};
  const std::string name(text(args[0]));
  if (args.size() >= 3) return call_of_more(name, args);
  if (args.size() != 2) return make(Op::kCall, args, 0, 0);
  if (name == "is_number" && terms_[args[1]].op == Op::kConcat) return false_;
  if (name == "len") {
    if (const TermId length = length_of(args[0], args[1]); length != 0) return length;
  }
  if (std::find(std::begin(kIdempotent), std::end(kIdempotent), name) == std::end(kIdempotent))
    return make(Op::kCall, args, 0, 0);
  const TermId inner = args[1];
  if (terms_[inner].op == Op::kCall && terms_[inner].count == 2) {
    if (arg(inner, 0) == args[0]) return inner;
    const std::string below(text(arg(inner, 0)));
    if (name == "trim" && (below == "lower" || below == "upper")) {
      const TermId trimmed = apply(Op::kCall, {args[0], arg(inner, 1)});
      return apply(Op::kCall, {arg(inner, 0), trimmed});
    }
    if (name == "distinct" && below == "sort") {
      const TermId once = apply(Op::kCall, {args[0], arg(inner, 1)});
      return apply(Op::kCall, {arg(inner, 0), once});
    }
  }
  return make(Op::kCall, args, 0, 0);
}

bool TermPool::is_harmless(TermId id) const {
  const Op op = terms_[id].op;
  const auto parts = args(id);
  if (op == Op::kField) return terms_[parts[0]].op == Op::kPayload && is_const(parts[1]);
  if (op == Op::kRead) return terms_[parts[0]].op == Op::kSubject && is_const(parts[1]);
  if (op == Op::kCoalesce || op == Op::kConcat || op == Op::kEqual)
    return std::all_of(parts.begin(), parts.end(), [&](TermId part) { return is_harmless(part); });
  return op == Op::kConst || op == Op::kParam || (parts.empty() && op != Op::kOpaque);
}

// How long a text or a list is, as a term; 0 (null) where nothing is known of it. `len` is the function's
// name.
TermId TermPool::length_of(TermId len, TermId of) {
  const auto length = [&](TermId part) { return apply(Op::kCall, {len, part}); };
  const auto either = [&](const char* which, TermId a, TermId b) {
    return apply(Op::kCall, {text_constant(which), a, b});
  };
  const auto count = [&](size_t i) -> std::optional<int64_t> {
    const TermId given = arg(of, i);
    if (!is_const(given) || !value(given).is(ValueKind::kInt)) return std::nullopt;
    return value(given).as_int();
  };
  const Term node = terms_[of];
  if (node.op == Op::kConst) {
    const Value& known = value(of);
    if (known.is(ValueKind::kList)) return number(static_cast<int64_t>(known.as_list().items().size()));
    if (!known.is(ValueKind::kString)) return 0;
    const std::string_view letters = known.text();
    return number(std::count_if(letters.begin(), letters.end(),
                                [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  }
  if (node.op == Op::kList) {
    const auto items = args(of);
    const bool safe = std::all_of(items.begin(), items.end(), [&](TermId item) { return is_harmless(item); });
    return safe ? number(node.count) : 0;
  }
  if (node.op == Op::kCoalesce) {
    const TermId is_null = apply(Op::kEqual, {arg(of, 0), null_});
    const TermId other = length(arg(of, 1));
    return apply(Op::kIf, {is_null, other, length(arg(of, 0))});
  }
  if (node.op == Op::kAdd) {
    // Two texts or two lists, where one side is.
    const auto is_one = [&](TermId side) {
      return terms_[side].op == Op::kList || terms_[side].op == Op::kConcat ||
             (is_const(side) && (value(side).is(ValueKind::kList) || value(side).is(ValueKind::kString)));
    };
    if (!is_one(arg(of, 0)) && !is_one(arg(of, 1))) return 0;
    const TermId first = length(arg(of, 0));
    return apply(Op::kAdd, {first, length(arg(of, 1))});
  }
  if (node.op != Op::kCall || node.count < 2) return 0;
  const std::string made(text(arg(of, 0)));
  const TermId list = arg(of, 1);
  if (made == "reverse" || made == "sort" || made == "spread") return node.count == 2 ? length(list) : 0;
  if (made == "map" || made == "sort_by") return node.count == 3 ? length(list) : 0;
  if (made == "append" && node.count == 3)
    return is_harmless(arg(of, 2)) ? apply(Op::kAdd, {length(list), number(1)}) : 0;
  if (node.count < 3) return 0;
  const std::optional<int64_t> first = count(2);
  if (!first.has_value() || *first > 1'000'000'000 || *first < -1'000'000'000) return 0;
  const auto without = [&](TermId all, int64_t some) {
    if (some == 0) return all;
    return either("max", apply(Op::kSubtract, {all, number(some)}), number(0));
  };
  if (made == "drop" && *first >= 0) return without(length(list), *first);
  if (made == "take" && *first >= 0) return either("min", length(list), number(*first));
  if (made != "slice") return 0;
  if (node.count == 3)
    return *first >= 0 ? without(length(list), *first) : either("min", length(list), number(-*first));
  const std::optional<int64_t> end = count(3);
  if (*first < 0 || !end.has_value() || *end < 0 || *end > 1'000'000'000) return 0;
  return without(either("min", length(list), number(*end)), *first);
}

// Whether doing the same to what it gave changes nothing: `take(take(x, 3), 3)`.
bool TermPool::is_same_again(std::string_view name, std::span<const TermId> args) const {
  static constexpr std::string_view kSame[] = {"take",     "pad_start", "pad_end", "trim",   "trim_start",
                                               "trim_end", "round",     "pick",    "without"};
  if (std::find(std::begin(kSame), std::end(kSame), name) != std::end(kSame)) return true;
  const auto is_int = [&](TermId id) { return is_const(id) && value(id).is(ValueKind::kInt); };
  if (name == "slice" || name == "substr") {
    if (!is_int(args[2])) return false;
    const int64_t start = value(args[2]).as_int();
    return args.size() == 3 ? start <= 0 : start == 0 && is_int(args[3]) && value(args[3]).as_int() >= 0;
  }
  // One letter for none, or for others.
  return name == "replace" && args.size() == 4 && text(args[2]).size() == 1 && is_const(args[3]) &&
         value(args[3]).is(ValueKind::kString) && text(args[3]).find(text(args[2])) == std::string_view::npos;
}

TermId TermPool::call_of_more(const std::string& name, std::span<const TermId> args) {
  const TermId first = args[1];
  const TermId second = args[2];
  if (terms_[first].op == Op::kCall && terms_[first].count == args.size() && arg(first, 0) == args[0] &&
      std::equal(args.begin() + 2, args.end(), this->args(first).begin() + 2) && is_same_again(name, args))
    return first;
  if (args.size() != 3) return make(Op::kCall, args, 0, 0);
  const bool begins = name == "starts_with";
  if ((begins || name == "ends_with") && terms_[first].op == Op::kConcat && !text(second).empty()) {
    const auto parts = this->args(first);
    const std::string_view edge = text(begins ? parts.front() : parts.back());
    if (edge.size() >= text(second).size())
      return truth(begins ? edge.starts_with(text(second)) : edge.ends_with(text(second)));
  }
  return make(Op::kCall, args, 0, 0);
}

TermId TermPool::simplified(Op op, std::span<const TermId> args) {
  switch (op) {
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
      return arithmetic(op, args[0], args[1]);
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
      return comparison(op, args[0], args[1]);
    case Op::kNot:
      if (is_const(args[0])) return truth(!value(args[0]).is_true());
      if (terms_[args[0]].op == Op::kNot) return arg(args[0], 0);
      break;
    case Op::kNegate:
      if (is_const(args[0]) && value(args[0]).is_number())
        return arithmetic(Op::kSubtract, number(0), args[0]);
      break;
    case Op::kAnd:
      if (args[0] == false_ || args[1] == false_) return false_;
      if (args[0] == true_) return args[1];
      if (args[1] == true_ || args[0] == args[1]) return args[0];
      break;
    case Op::kOr:
      if (args[0] == true_ || args[1] == true_) return true_;
      if (args[0] == false_) return args[1];
      if (args[1] == false_ || args[0] == args[1]) return args[0];
      break;
    case Op::kCoalesce:
      if (args[0] == null_) return args[1];
      if (is_const(args[0])) return args[0];
      break;
    case Op::kIf:
      if (is_const(args[0])) return value(args[0]).is_true() ? args[1] : args[2];
      if (args[1] == args[2]) return args[1];
      break;
    case Op::kIn:
      if (is_const(args[0]) && is_const(args[1]) && value(args[1]).is(ValueKind::kList)) {
        const Value wanted = value(args[0]);
        const auto items = value(args[1]).as_list().items();
        return truth(
            std::any_of(items.begin(), items.end(), [&](const Value& v) { return equal(v, wanted); }));
      }
      if (terms_[args[1]].op == Op::kCall && terms_[args[1]].count == 3 &&
          is_text(arg(args[1], 0), "append")) {
        const TermId list = arg(args[1], 1);
        const TermId last = arg(args[1], 2);
        return apply(Op::kOr, {apply(Op::kEqual, {args[0], last}), apply(Op::kIn, {args[0], list})});
      }
      if (is_const(args[0]) && terms_[args[1]].op == Op::kList) {
        const auto items = this->args(args[1]);
        if (std::all_of(items.begin(), items.end(), [&](TermId item) { return is_const(item); })) {
          return truth(std::any_of(items.begin(), items.end(),
                                   [&](TermId item) { return equal(value(item), value(args[0])); }));
        }
      }
      break;
    case Op::kCall:
      return call(args);
    case Op::kMatches: {
      // Of a computed text the parts that are known may be enough.
      const std::string pattern(text(args[1]));
      if (terms_[args[0]].op != Op::kConcat || pattern.empty() || !is_harmless(args[0])) break;
      const std::string shape = shape_of(*this, args[0]);
      if (glob_covers(pattern, shape)) return true_;
      if (!globs_meet(pattern, shape)) return false_;
      break;
    }
    case Op::kField: {
      const TermId object = args[0];
      if (object == null_) return null_;
      if (terms_[object].op == Op::kMap && is_const(args[1])) {
        const auto entries = this->args(object);
        for (size_t i = entries.size(); i >= 2; i -= 2) {
          if (entries[i - 2] == args[1]) return entries[i - 1];
        }
        return null_;
      }
      if (terms_[object].op == Op::kCall && terms_[object].count == 3 && is_text(arg(object, 0), "overlay") &&
          is_const(args[1])) {
        const TermId own = arg(object, 2);
        const TermId base = arg(object, 1);
        const bool listed = terms_[own].op == Op::kMap;
        if (own == null_) return apply(Op::kField, {base, args[1]});
        if (!listed && terms_[own].op == Op::kCall && terms_[own].count == 3 &&
            is_text(arg(own, 0), "overlay")) {
          const TermId inner = apply(Op::kCall, {arg(object, 0), base, arg(own, 1)});
          const TermId all = apply(Op::kCall, {arg(object, 0), inner, arg(own, 2)});
          return apply(Op::kField, {all, args[1]});
        }
        if (!listed && terms_[base].op == Op::kMap) {
          // What the lower map does not have either is what the upper one has, or null.
          const auto below = this->args(base);
          for (size_t i = 0; i + 1 < below.size(); i += 2) {
            if (below[i] == args[1]) return make(op, args, 0, 0);
          }
          return apply(Op::kField, {own, args[1]});
        }
        if (!listed) break;
        const auto entries = this->args(own);
        for (size_t i = 0; i + 1 < entries.size(); i += 2) {
          if (entries[i] == args[1]) return apply(Op::kField, {own, args[1]});
        }
        return apply(Op::kField, {base, args[1]});
      }
      if (is_const(object) && value(object).is(ValueKind::kMap) && is_const(args[1]) &&
          value(args[1]).is(ValueKind::kString)) {
        const Value* found = value(object).as_map().find(value(args[1]).text());
        return found != nullptr ? constant(Value(*found)) : null_;
      }
      break;
    }
    case Op::kConcat: {
      std::string all;
      for (const TermId part : args) {
        if (!is_const(part) || !append_plain(all, value(part))) return make(op, args, 0, 0);
      }
      return text_constant(all);
    }
    default:
      break;
  }
  return make(op, args, 0, 0);
}

TermId TermPool::shifted(TermId term, uint8_t epoch) {
  if (epoch == 0) return term;
  return rewritten(term, [&](TermId id) {
    const Term local = terms_[id];
    if (local.epoch != 0) return id;
    const std::vector<TermId> args(this->args(id).begin(), this->args(id).end());
    return make(local.op, args, local.data, epoch);
  });
}

}  // namespace krules::check
