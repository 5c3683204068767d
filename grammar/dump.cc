#include <fmt/format.h>

#include <iterator>

#include "json_text.h"
#include "krules/parser.h"
#include "outline.h"

namespace krules {

namespace {

using grammar::Outline;

void print_tree(std::string& out, const Source& source, const Outline& node, size_t depth) {
  const LineColumn at = source.position(node.span.begin);
  out.append(depth * 2, ' ');
  if (!node.role.empty()) out += node.role + ": ";
  out += node.kind;
  for (const auto& [name, value] : node.attributes) {
    out += " " + name + "=";
    grammar::append_json(out, value);
  }
  fmt::format_to(std::back_inserter(out), " @{}:{}\n", at.line, at.column);
  for (const Outline& child : node.children) print_tree(out, source, child, depth + 1);
}

void print_json(std::string& out, const Source& source, const Outline& node) {
  const LineColumn begin = source.position(node.span.begin);
  const LineColumn end = source.position(node.span.end);
  out += "{\"node\":";
  grammar::append_json(out, node.kind);
  if (!node.role.empty()) {
    out += ",\"role\":";
    grammar::append_json(out, node.role);
  }
  fmt::format_to(std::back_inserter(out), ",\"line\":{},\"column\":{},\"end_line\":{},\"end_column\":{}",
                 begin.line, begin.column, end.line, end.column);
  if (!node.attributes.empty()) {
    out += ",\"attributes\":[";
    for (const auto& [name, value] : node.attributes) {
      if (&name != &node.attributes.front().first) out += ',';
      out += "{\"name\":";
      grammar::append_json(out, name);
      out += ",\"value\":";
      grammar::append_json(out, value);
      out += '}';
    }
    out += ']';
  }
  if (!node.children.empty()) {
    out += ",\"children\":[";
    for (const Outline& child : node.children) {
      if (&child != &node.children.front()) out += ',';
      print_json(out, source, child);
    }
    out += ']';
  }
  out += '}';
}

}  // namespace

std::string dump_tree(const ast::Module& module) {
  std::string out;
  for (const auto& declaration : module.declarations) {
    print_tree(out, *module.source, grammar::outline_of(declaration), 0);
  }
  return out;
}

std::string dump_json(const ast::Module& module) {
  std::string out = "{\"file\":";
  grammar::append_json(out, module.source->name());
  out += ",\"declarations\":[";
  for (const auto& declaration : module.declarations) {
    if (&declaration != &module.declarations.front()) out += ',';
    print_json(out, *module.source, grammar::outline_of(declaration));
  }
  return out + "]}";
}

}  // namespace krules
