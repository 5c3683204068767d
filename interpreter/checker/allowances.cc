#include "krules/allowances.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "krules/all_codes.h"
#include "krules/check_codes.h"

namespace krules {

namespace {

constexpr std::string_view kExample = "write `# krules: allow K0404 \"why\"`";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

bool is_code_letter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// One code that a comment allows in one declaration.
struct Allowance {
  std::string_view code;
  Span where;        ///< of the code
  Span declaration;  ///< what it covers
  bool used = false;
};

/// Reads the allowances of one file.
class Reader {
 public:
  explicit Reader(const ast::Module& module) : module_(module), text_(module.source->text()) {
    for (const ast::Declaration& each : module.declarations) declarations_.push_back(each.span);
    std::sort(declarations_.begin(), declarations_.end(),
              [](const Span& a, const Span& b) { return a.begin < b.begin; });
  }

  void read() {
    for (const ast::Comment& comment : module_.comments) {
      read(comment.span);
    }
  }

  std::vector<Allowance> allowances;
  std::vector<Diagnostic> diagnostics;

 private:
  void complain(Span span, std::string message, std::string help) {
    Diagnostic diagnostic;
    diagnostic.code = check_codes::kMalformedAllow;
    diagnostic.severity = Severity::kWarning;
    diagnostic.message = std::move(message);
    diagnostic.primary.where = {module_.source, span};
    diagnostic.helps.push_back(std::move(help));
    diagnostics.push_back(std::move(diagnostic));
  }

  void skip_blanks() {
    while (at_ < end_ && is_blank(text_[at_])) ++at_;
  }

  /// Passes `word` where it is next.
  bool take(std::string_view word) {
    skip_blanks();
    if (!text_.substr(at_, end_ - at_).starts_with(word)) return false;
    at_ += static_cast<uint32_t>(word.size());
    return true;
  }

  Span take_code() {
    skip_blanks();
    Span span{at_, at_};
    while (span.end < end_ && is_code_letter(text_[span.end])) ++span.end;
    at_ = span.end;
    return span;
  }

  void read(Span comment) {
    at_ = comment.begin;
    end_ = comment.end;
    while (end_ > at_ && is_blank(text_[end_ - 1])) --end_;
    const bool is_doc = text_.substr(at_, 2) == "##";
    while (at_ < end_ && text_[at_] == '#') ++at_;
    if (!take("krules:")) return;
    const Span word = take_code();
    const std::string_view said = module_.source->text(word);
    if (said != "allow") {
      if (!nearest_name(said, {"allow"}).empty())
        complain(word, fmt::format("`{}` is nothing that a comment can ask for", said),
                 "did you mean `allow`?");
      return;
    }
    if (is_doc) {
      complain(comment, "an allowance is a comment, and this line is documentation",
               "begin it with one `#`, not with two");
      return;
    }
    read_codes(comment);
  }

  void read_codes(Span comment) {
    std::vector<Span> codes;
    do {
      const Span code = take_code();
      if (code.begin == code.end) {
        complain(comment, "this allowance lacks a code", std::string(kExample));
        return;
      }
      codes.push_back(code);
    } while (take(","));
    if (!has_reason()) {
      complain(comment, "this allowance does not say why, in quotes, at its end", std::string(kExample));
      return;
    }
    const std::optional<Span> declaration = below(comment);
    if (!declaration) {
      complain(comment, "this allowance stands above no declaration",
               "put it on the line above the declaration that it is about, or above its `##` lines");
      return;
    }
    for (const Span& code : codes) add(code, *declaration);
  }

  bool has_reason() {
    skip_blanks();
    const std::string_view rest = text_.substr(at_, end_ - at_);
    const auto is_letter = [](char c) { return c != '"' && !is_blank(c); };
    return rest.size() >= 2 && rest.front() == '"' && rest.back() == '"' &&
           std::any_of(rest.begin(), rest.end(), is_letter);
  }

  void add(Span where, Span declaration) {
    const std::string_view code = module_.source->text(where);
    const std::vector<std::string_view> known = all_code_names();
    if (std::find(known.begin(), known.end(), code) == known.end()) {
      const std::string_view near = nearest_name(code, known);
      complain(where, fmt::format("there is no code `{}`", code),
               near.empty() ? "each message begins with its code" : fmt::format("did you mean `{}`?", near));
      return;
    }
    if (const std::string_view reason = why_never_allowed(code); !reason.empty()) {
      complain(where, fmt::format("`{}` cannot be allowed: {}", code, reason), "remove it");
      return;
    }
    allowances.push_back({code, where, declaration});
  }

  /// The declaration that a comment stands directly above, with nothing but comments between.
  std::optional<Span> below(Span comment) const {
    for (uint32_t before = comment.begin; before > 0 && text_[before - 1] != '\n'; --before) {
      if (!is_blank(text_[before - 1])) return std::nullopt;
    }
    const auto next = std::upper_bound(declarations_.begin(), declarations_.end(), comment.begin,
                                       [](uint32_t offset, const Span& span) { return offset < span.begin; });
    if (next == declarations_.end()) return std::nullopt;
    std::string_view between = text_.substr(comment.end, next->begin - comment.end);
    size_t line_end = between.find('\n');
    if (line_end == std::string_view::npos) return std::nullopt;
    between.remove_prefix(line_end + 1);
    while ((line_end = between.find('\n')) != std::string_view::npos) {
      const size_t first = between.find_first_not_of(" \t");
      if (first >= line_end || between[first] != '#') return std::nullopt;
      between.remove_prefix(line_end + 1);
    }
    if (between.find_first_not_of(" \t") != std::string_view::npos) return std::nullopt;
    return *next;
  }

  const ast::Module& module_;
  std::string_view text_;
  std::vector<Span> declarations_;
  uint32_t at_ = 0;
  uint32_t end_ = 0;
};

}  // namespace

std::string_view why_never_allowed(std::string_view code) {
  if (code == check_codes::kCertainLoop) return "a cascade that never ends is an error";
  if (code.starts_with("K01")) return "a text that is not understood cannot run";
  return {};
}

std::vector<Diagnostic> apply_allowances(const std::vector<ast::Module>& modules,
                                         std::vector<Diagnostic> diagnostics, AllowanceFindings findings) {
  std::map<const Source*, std::vector<Allowance>> allowances;
  std::vector<Diagnostic> added;
  for (const ast::Module& module : modules) {
    Reader reader(module);
    reader.read();
    if (!reader.allowances.empty()) allowances[module.source.get()] = std::move(reader.allowances);
    added.insert(added.end(), std::make_move_iterator(reader.diagnostics.begin()),
                 std::make_move_iterator(reader.diagnostics.end()));
  }
  std::erase_if(diagnostics, [&](const Diagnostic& diagnostic) {
    const auto file = allowances.find(diagnostic.primary.where.source.get());
    if (file == allowances.end() || diagnostic.severity == Severity::kError) return false;
    bool allowed = false;
    for (Allowance& each : file->second) {
      const uint32_t place = diagnostic.primary.where.span.begin;
      if (each.code != diagnostic.code || place < each.declaration.begin || place >= each.declaration.end)
        continue;
      each.used = true;
      allowed = true;
    }
    return allowed;
  });
  if (findings == AllowanceFindings::kLeftOut) return diagnostics;
  for (const ast::Module& module : modules) {
    const auto file = allowances.find(module.source.get());
    if (file == allowances.end()) continue;
    for (const Allowance& each : file->second) {
      if (each.used) continue;
      Diagnostic diagnostic;
      diagnostic.code = check_codes::kNeedlessAllow;
      diagnostic.severity = Severity::kWarning;
      diagnostic.message = fmt::format("`{}` is allowed here, and the declaration below has none", each.code);
      diagnostic.primary.where = {module.source, each.where};
      diagnostic.helps.emplace_back("remove it");
      added.push_back(std::move(diagnostic));
    }
  }
  diagnostics.insert(diagnostics.end(), std::make_move_iterator(added.begin()),
                     std::make_move_iterator(added.end()));
  return diagnostics;
}

}  // namespace krules
