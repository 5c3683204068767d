#include "certificate.h"

#include <fmt/format.h>

#include <set>

#include "krules/json.h"

namespace krules::check {

namespace {

std::string quoted(std::string_view text) {
  std::string made;
  append_json_string(made, text);
  return made;
}

template <class List>
std::string numbers(const List& list) {
  return fmt::format("[{}]", fmt::join(list, ","));
}

std::string links_json(const Component& component) {
  std::string made;
  for (const Link& link : component.links) {
    made += fmt::format("{}[{},{},{},\"{}\"]", made.empty() ? "" : ",", link.from, link.effect, link.to,
                        link_kind_name(link.kind));
  }
  return "[" + made + "]";
}

std::string step_json(const Model& model, size_t component, const ProofStep& step) {
  std::string made = fmt::format(R"({{"component":{},"removed":{})", component, numbers(step.removed));
  switch (step.kind) {
    case ProofStep::Kind::kRefuted:
      made += R"(,"kind":"refuted")";
      break;
    case ProofStep::Kind::kClimb:
    case ProofStep::Kind::kChain:
      made += fmt::format(R"(,"kind":"{}","property":{},"extended":{})",
                          step.kind == ProofStep::Kind::kClimb ? "climb" : "values",
                          quoted(model.terms.text(step.property)), step.extended);
      if (step.kind == ProofStep::Kind::kClimb)
        made += fmt::format(R"(,"direction":"{}","bound":{})", step.up ? "up" : "down",
                            step.step == 0 ? "null" : fmt::format("{}", step.bound));
      break;
    case ProofStep::Kind::kCounted:
      made += fmt::format(R"(,"kind":"counted","property":{})", quoted(model.terms.text(step.property)));
      break;
    case ProofStep::Kind::kTime:
      made += R"(,"kind":"time")";
      break;
    case ProofStep::Kind::kExplored:
      made += fmt::format(R"(,"kind":"explored","events":{})", step.times.value_or(0));
      break;
    case ProofStep::Kind::kMeasure: {
      std::string values;
      for (const auto& [path, value, more] : step.measure)
        values += fmt::format("{}[{},{},{}]", values.empty() ? "" : ",", path,
                              quoted(model.terms.show(value)), more);
      made += fmt::format(R"(,"kind":"measure","direction":"{}","bound":{},"values":[{}])",
                          step.up ? "up" : "down", step.bound, values);
      break;
    }
  }
  return made + fmt::format(",\"text\":{}}}", quoted(step.text));
}

/// Sets of rules, and the steps about them. `ends(component)`: whether that is claimed of it.
template <class Ends>
std::string part_json(const Model& model, const std::vector<Component>& components, const Ends& ends) {
  std::string made = "{\"components\":[";
  const char* separator = "";
  for (const Component& component : components) {
    made +=
        fmt::format("{}\n{{\"ends\":{},\"rules\":{},\"paths\":{},\"links\":{}}}", separator, ends(component),
                    numbers(component.rules), numbers(component.paths), links_json(component));
    separator = ",";
  }
  made += "],\n\"steps\":[";
  separator = "";
  for (size_t i = 0; i < components.size(); ++i) {
    for (const ProofStep& step : components[i].steps) {
      made += fmt::format("{}\n{}", separator, step_json(model, i, step));
      separator = ",";
    }
  }
  return made + "]}";
}

}  // namespace

std::string program_fingerprint(const Model& model) {
  uint64_t hash = 0xCBF29CE484222325U;
  for (const RuleModel& rule : model.rules) {
    hash = (hash ^ rule.compiled->content_hash) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 31;
  }
  return fmt::format("{:016x}", hash);
}

std::string_view link_kind_name(EventClass::Kind kind) {
  switch (kind) {
    case EventClass::Kind::kPlain:
      return "event";
    case EventClass::Kind::kChanged:
      return "changed";
    case EventClass::Kind::kDeleted:
      return "deleted";
    case EventClass::Kind::kSubjectDeleted:
      return "subject deleted";
  }
  return "event";
}

std::string write_certificate(const Model& model, const std::vector<Component>& components,
                              const Prover* in_time) {
  std::string made = fmt::format("{{\"certificate\":{},\n\"program\":\"{}\",\n\"rules\":[",
                                 kCertificateVersion, program_fingerprint(model));
  std::set<uint32_t> rules;
  for (const Component& component : components) rules.insert(component.rules.begin(), component.rules.end());
  if (in_time != nullptr) {
    for (const Component& component : in_time->components())
      rules.insert(component.rules.begin(), component.rules.end());
  }
  const char* separator = "";
  for (const uint32_t number : rules) {
    const RuleModel& rule = model.rules[number];
    made += fmt::format("{}\n{{\"number\":{},\"name\":{},\"first_path\":{},\"paths\":{}}}", separator, number,
                        quoted(rule.compiled->name), rule.first_path, rule.path_count);
    separator = ",";
  }
  made += "],\n\"at_once\":";
  made += part_json(model, components, [](const Component& component) { return component.proven; });
  made += ",\n\"in_time\":";
  if (in_time == nullptr) return made + "null}\n";
  made += part_json(model, in_time->components(), [&](const Component& component) {
    return !component.too_large && in_time->shortest_delayed_circle(component).empty();
  });
  return made + "}\n";
}

}  // namespace krules::check
