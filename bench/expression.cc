#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "krules/json.h"
#include "krules/parser.h"
#include "krules/program.h"
#include "krules/stdlib.h"

/// Workload 4: evaluates the conditions of the first rule of a file, over the payloads of a file of events,
/// again and again, and prints how often they held. Nothing but the interpreter runs: no engine, no store, no
/// output.

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path);
    std::exit(2);
  }
  return text.str();
}

std::shared_ptr<const krules::Program> load(const char* path, const krules::FunctionTable& functions) {
  krules::ParseResult parsed = krules::parse(std::make_shared<krules::Source>(path, read_file(path)));
  std::vector<krules::Diagnostic> diagnostics = std::move(parsed.diagnostics);
  std::vector<krules::ast::Module> modules;
  modules.push_back(std::move(parsed.module));
  krules::CompileOptions options;
  options.functions = &functions;
  krules::CompileResult compiled = krules::compile(modules, options);
  diagnostics.insert(diagnostics.end(), compiled.diagnostics.begin(), compiled.diagnostics.end());
  for (const krules::Diagnostic& diagnostic : diagnostics) {
    std::fputs(krules::render_text(diagnostic).c_str(), stderr);
  }
  if (!compiled.program || compiled.program->rules().empty()) std::exit(1);
  return compiled.program;
}

std::vector<krules::Value> payloads_of(const char* path, const krules::SymbolTable& symbols,
                                       krules::Arena& arena) {
  std::vector<krules::Value> payloads;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    const krules::JsonResult event = krules::parse_json(line, krules::JsonStyle::kPlain, arena, symbols);
    const krules::Value* data = event.value.is(krules::ValueKind::kMap)
                                    ? event.value.as_map().find(std::string_view("data"))
                                    : nullptr;
    if (data == nullptr) {
      std::fprintf(stderr, "%s has a line that is no event\n", path);
      std::exit(2);
    }
    payloads.push_back(*data);
  }
  return payloads;
}

}  // namespace

int main(int argc, char** argv) {
  const long long evaluations = argc == 4 ? std::atoll(argv[3]) : 0;
  if (evaluations <= 0) {
    std::fputs("usage: krules_bench_expression RULES EVENTS EVALUATIONS\n", stderr);
    return 2;
  }
  krules::FunctionTable functions;
  krules::add_standard_functions(functions);
  const std::shared_ptr<const krules::Program> program = load(argv[1], functions);
  krules::Arena payload_memory;
  const std::vector<krules::Value> payloads = payloads_of(argv[2], *program->symbols(), payload_memory);
  if (payloads.empty()) return 2;

  const krules::CompiledRule& rule = program->rules().front();
  krules::Arena arena;
  krules::Event event;
  event.type = program->symbols()->find("probe");
  krules::Frame frame;
  frame.arena = &arena;
  frame.program = program.get();
  frame.event = &event;
  long long held = 0;
  size_t next = 0;
  for (long long i = 0; i < evaluations; ++i) {
    event.payload = payloads[next];
    if (++next == payloads.size()) next = 0;
    frame.steps_left = 1'000'000;
    held += krules::evaluate_whens(rule, frame) == krules::WhenResult::kHolds;
    arena.reset();
  }
  std::printf("held\t%lld\n", held);
  return 0;
}
