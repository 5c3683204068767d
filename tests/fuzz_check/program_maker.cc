#include "program_maker.h"

#include <fmt/format.h>

namespace krules::test {

namespace {

constexpr const char* kCounters[] = {"n", "m", "limit"};
constexpr const char* kFlags[] = {"done", "armed"};
constexpr const char* kStatuses[] = {"\"new\"", "\"open\"", "\"shut\"", "\"gone\""};

class RuleMaker {
 public:
  RuleMaker(Dice& dice, const std::vector<std::string>& events, bool two_subjects, bool delays)
      : dice_(dice), events_(events), two_subjects_(two_subjects), delays_(delays) {}

  /// A gate or a middleware.
  std::string wrapper(size_t number) {
    trigger();
    if (dice_.percent(20)) on_ = "*";
    const bool gate = dice_.percent(40);
    std::string text = fmt::format("{} w{} on {}", gate ? "gate" : "middleware", number, on_);
    if (dice_.percent(50)) text += "\nwhen " + condition(1);
    if (dice_.percent(25)) text += "\nwhen not (event matches \"go.c\")";
    text += " {\n";
    if (gate) return text + statement(1) + (dice_.percent(20) ? statement(0) + "    stop\n}\n" : "}\n");
    if (dice_.percent(30)) text += statement(1);
    const size_t roll = dice_.below(100);
    if (roll < 45) {
      const char* ending = dice_.pick({"", "    fail err.message\n"});
      text += fmt::format("    try {{ next }} catch err {{\n{}{}    }}\n", statement(1), ending);
    } else if (roll < 90) {
      text += "    next\n";
    }
    if (roll >= 45 || dice_.percent(20)) text += statement(1);
    return text + "}\n";
  }

  std::string rule(size_t number) {
    trigger();
    std::string text = fmt::format("rule r{} on {}", number, on_);
    if (two_subjects_ && dice_.percent(15)) text += dice_.pick({" of s", " of t", " of ?"});
    const size_t guards = dice_.pick<size_t>({0, 1, 1, 1, 1, 2});
    for (size_t i = 0; i < guards; ++i) text += "\nwhen " + condition(2);
    if (any_change_ && dice_.percent(60)) text += fmt::format("\nwhen property != \"{}\"", property());
    text += " {\n";
    const size_t statements = 1 + dice_.below(3);
    for (size_t i = 0; i < statements; ++i) text += statement(1);
    return text + "}\n";
  }

 private:
  void trigger() {
    changed_ = deleted_ = any_change_ = false;
    const size_t roll = dice_.below(100);
    if (roll < 55) {
      on_ = dice_.of(events_);
      if (dice_.percent(10)) on_ = "go.*";
      return;
    }
    changed_ = true;
    if (roll < 88) {
      on_ = fmt::format("changed {}", property());
      if (dice_.percent(20)) on_ += fmt::format(", {}", other_property(on_));
    } else if (roll < 96) {
      on_ = "changed";
      any_change_ = true;
    } else {
      changed_ = false;
      deleted_ = true;
      on_ = fmt::format("deleted {}", property());
    }
  }

  std::string property() {
    const size_t roll = dice_.below(100);
    if (roll < 55) return dice_.of(kCounters);
    return roll < 75 ? std::string(dice_.of(kFlags)) : std::string("status");
  }
  std::string other_property(const std::string& text) {
    std::string name = property();
    while (text.ends_with(" " + name)) name = property();
    return name;
  }

  std::string small() { return fmt::format("{}", static_cast<int>(dice_.below(7)) - 1); }

  /// Where a counter is read.
  std::string counter() {
    const std::string place = two_subjects_ && dice_.percent(15)
                                  ? dice_.pick({"subject(\"s\")", "subject(\"t\")"})
                                  : std::string("subject");
    return fmt::format("{}.{} ?? 0", place, dice_.of(kCounters));
  }

  std::string number(bool plain = false) {
    const size_t roll = dice_.below(100);
    if (changed_ && !any_change_ && roll < 25 && on_number()) return dice_.percent(80) ? "new" : "(old ?? 0)";
    if (roll < 55 || plain) return counter();
    if (roll < 85 && !changed_ && !deleted_) return "payload.p ?? 0";
    return small();
  }
  /// What a condition asks: hardly ever a constant.
  std::string asked() {
    const size_t roll = dice_.below(100);
    if (roll < 4) return "ext.n ?? 0";
    if (roll < 8) return changed_ ? "extra.depth ?? 0" : "meta.hops ?? 0";
    if (roll < 11) return "len(subject.list ?? [])";
    return dice_.percent(50) ? counter() : number();
  }
  bool on_number() const {
    return on_.find("status") == std::string::npos && on_.find("done") == std::string::npos &&
           on_.find("armed") == std::string::npos;
  }

  std::string comparison() {
    const size_t roll = dice_.below(100);
    if (roll < 55) {
      const char* how = dice_.pick({"<", "<", "<", "<=", ">", ">", ">=", "!=", "=="});
      return fmt::format("{} {} {}", asked(), how, dice_.percent(80) ? small() : counter());
    }
    if (roll < 70) return fmt::format("subject.{} {} true", dice_.of(kFlags), dice_.pick({"==", "!=", "!="}));
    if (roll < 83)
      return fmt::format("subject.status {} {}", dice_.pick({"==", "==", "!="}), dice_.of(kStatuses));
    if (roll < 87) return fmt::format("{}has(subject.{})", dice_.pick({"", "not "}), property());
    if (roll < 91) return "extra.mark != \"own\"";
    if (roll < 94) return fmt::format("payload.q {} true", dice_.pick({"==", "!="}));
    if (changed_)
      return dice_.pick({"old == null", "new == true", "new == \"open\"", "old != \"open\"", "new != false"});
    return fmt::format("subject.status in [{}, {}]", dice_.of(kStatuses), dice_.of(kStatuses));
  }

  std::string condition(int depth) {
    const size_t roll = dice_.below(100);
    if (depth == 0 || roll < 70) return comparison();
    if (roll < 82) return fmt::format("({} and {})", condition(depth - 1), condition(depth - 1));
    if (roll < 94) return fmt::format("({} or {})", condition(depth - 1), condition(depth - 1));
    return fmt::format("not ({})", condition(depth - 1));
  }

  std::string amount() {
    switch (dice_.below(10)) {
      case 0:
        return fmt::format("min({} + {}, {})", number(), 1 + dice_.below(2), 2 + dice_.below(4));
      case 1:
        return fmt::format("max({} - {}, {})", number(), 1 + dice_.below(2), small());
      case 2:
        return fmt::format("({} + 1) % {}", number(), 2 + dice_.below(3));
      case 3:
        return fmt::format("({}) div 2", number());
      case 4:
      case 5:
        return number();
      case 6:
        return small();
      default:
        return fmt::format("{} {} {}", number(), dice_.pick({"+", "+", "-"}),
                           dice_.percent(85) ? "1" : number(true));
    }
  }

  std::string clauses() {
    std::string text;
    if (two_subjects_ && dice_.percent(20)) text += dice_.pick({" on \"s\"", " on \"t\""});
    if (dice_.percent(20)) text += " muted";
    if (dice_.percent(8)) text += " with { mark: \"own\" }";
    return text;
  }

  std::string write() {
    const size_t roll = dice_.below(100);
    if (roll < 35) {
      return fmt::format("set {} {} {} from 0{}", dice_.of(kCounters), dice_.pick({"+=", "+=", "-="}),
                         dice_.percent(85) ? "1" : number(true), clauses());
    }
    if (roll < 60) return fmt::format("set {} = {}{}", dice_.of(kCounters), amount(), clauses());
    if (roll < 75) {
      const char* flag = dice_.of(kFlags);
      if (dice_.percent(15)) return fmt::format("set {0} = not (subject.{0} ?? false){1}", flag, clauses());
      return fmt::format("set {} = {}{}", flag, dice_.pick({"true", "true", "false"}), clauses());
    }
    if (roll < 88) return fmt::format("set status = {}{}", dice_.of(kStatuses), clauses());
    if (roll < 93) return fmt::format("delete {}", property());
    return odd_write();
  }

  /// Writes that are seldom made.
  std::string odd_write() {
    switch (dice_.below(12)) {
      case 8:
        return fmt::format("set meta.hops = {}", small());
      case 9:
        return fmt::format("set list = (subject.list ?? []).slice({})", static_cast<int>(dice_.below(4)) - 2);
      case 10:
        return fmt::format("set list = [...(subject.list ?? []), {}].slice(-2)", small());
      case 11:
        return fmt::format("set {} = 1 on \"{{extra.p ?? \"t\"}}x\" with {{ p: \"{{extra.p ?? \"\"}}x\" }}",
                           dice_.of(kCounters));
      case 0:
        return "set ext.n += 1 from 0";
      case 1:
        return fmt::format("set {} += 1 from 0 with {{ depth: extra.depth ?? 0 + 1 }}", dice_.of(kCounters));
      case 2:
        return "set list ++= 1 from []";
      case 3:
        return fmt::format("set list = (subject.list ?? []).drop({})", dice_.below(3));
      case 4:
        return fmt::format("set \"{{payload.k}}\" = {}", amount());
      case 5:
        return fmt::format("set {} = subject.{}", property(), property());
      case 6:
        return fmt::format(
            "set status ?"
            "?= {}",
            dice_.of(kStatuses));
      default:
        return "delete subject";
    }
  }

  std::string emitted_type() {
    if (dice_.percent(92)) return dice_.of(events_);
    return dice_.pick({"\"go.{payload.k}\"", "\"go.{if payload.q == true then \"a\" else \"b\"}\"",
                       "\"{payload.k ?? \"go\"}.a\""});
  }

  std::string emission() {
    std::string text = "emit " + emitted_type();
    const size_t roll = dice_.below(100);
    if (roll < 25) {
      text += " payload";
    } else if (roll < 65) {
      text += fmt::format(" {{ p: {} }}", amount());
    } else if (roll < 75) {
      text += fmt::format(" {{ ...payload, p: {} }}", amount());
    } else if (roll < 85) {
      text += " { q: true }";
    }
    if (two_subjects_ && dice_.percent(20))
      text += dice_.pick({" on \"s\"", " on \"t\"", " on \"t\"", " on \"{subject}x\""});
    if (dice_.percent(6)) text += " with { hops: meta.hops ?? 0 + 1 }";
    if (delays_ && dice_.percent(35)) text += dice_.pick({" after 1s", " after 1s", " after 2s key \"k\""});
    return text;
  }

  std::string statement(int depth) {
    const size_t roll = dice_.below(100);
    if (roll < 50) return fmt::format("    {}\n", write());
    if (roll < 78) return fmt::format("    {}\n", emission());
    if (roll < 94 && depth > 0) {
      std::string text = fmt::format("    if {} {{\n    {}    }}", condition(1), statement(0));
      if (dice_.percent(50)) text += fmt::format(" else {{\n    {}    }}", statement(0));
      return text + "\n";
    }
    if (roll < 95 && depth > 0) {
      const char* list = dice_.pick({"[1, 2]", "[1, 2]", "(subject.list ?? [])"});
      return fmt::format("    for x in {} {{\n    {}    }}\n", list, statement(0));
    }
    if (roll < 96 && depth > 0) return fmt::format("    as \"t\" {{\n    {}    }}\n", statement(0));
    if (delays_ && dice_.percent(3)) return "    cancel \"k\"\n";
    if (roll < 97) return fmt::format("    if {} {{ stop }}\n", comparison());
    if (roll < 98) return fmt::format("    if {} {{ fail \"no\" }}\n", comparison());
    return fmt::format("    try {{ {} }} catch e {{ {} }}\n", write(), write());
  }

  Dice& dice_;
  const std::vector<std::string>& events_;
  const bool two_subjects_;
  const bool delays_;
  std::string on_;
  bool changed_ = false;
  bool deleted_ = false;
  bool any_change_ = false;
};

std::string value_of(const std::string& kind, Dice& dice) {
  const size_t roll = dice.below(100);
  if (roll < 70) return fmt::format("{}", static_cast<int>(dice.below(12)) - 3);
  if (roll < 80)
    return dice.pick({"100", "-100", "20000", "-20000", "4611686018427387904", "-9223372036854775808"});
  if (kind == "int") return "3";
  if (roll < 90) return dice.pick({"1e300", "-1e300", "0.5", "-0.5", "1e-30", "2.0"});
  if (kind == "number") return "7";
  return dice.pick({"\"a\"", "\"\"", "true", "false", "null", "[]", "{}"});
}

}  // namespace

std::string MadeProgram::text() const {
  std::string text;
  for (const MadeInput& input : inputs)
    text += fmt::format("input {} {{ p: {}?, q: any?, k: string? }}\n", input.type, input.number_kind);
  for (const std::string& rule : rules) text += rule;
  return text;
}

MadeProgram make_program(Dice& dice) {
  MadeProgram program;
  std::vector<std::string> events = {"go.a", "go.b"};
  if (dice.percent(60)) events.push_back("go.c");
  for (const std::string& event : events) {
    if (!program.inputs.empty() && !dice.percent(35)) continue;
    program.inputs.push_back({event, dice.pick<std::string>({"int", "int", "number", "any"})});
  }
  const bool two_subjects = dice.percent(30);
  const bool delays = dice.percent(25);
  RuleMaker maker(dice, events, two_subjects, delays);
  const size_t rules = 2 + dice.below(6);
  for (size_t i = 1; i <= rules; ++i) program.rules.push_back(maker.rule(i));
  const size_t wrappers = dice.percent(40) ? 1 + dice.below(2) : 0;
  for (size_t i = 1; i <= wrappers; ++i) program.rules.push_back(maker.wrapper(i));
  return program;
}

ReplaySeed make_inputs(const MadeProgram& program, Dice& dice) {
  ReplaySeed seed;
  const size_t count = 1 + dice.below(4);
  for (size_t i = 0; i < count; ++i) {
    const MadeInput& input = dice.of(program.inputs);
    std::string data = "{";
    if (dice.percent(80)) data += fmt::format("\"p\":{}", value_of(input.number_kind, dice));
    if (dice.percent(20))
      data +=
          fmt::format("{}\"k\":\"{}\"", data.size() > 1 ? "," : "", dice.pick({"a", "b", "n", "m", "go"}));
    if (dice.percent(30))
      data += fmt::format("{}\"q\":{}", data.size() > 1 ? "," : "", dice.pick({"true", "false", "1"}));
    seed.inputs.push_back({input.type, dice.percent(75) ? "s" : "t", data + "}"});
  }
  return seed;
}

}  // namespace krules::test
