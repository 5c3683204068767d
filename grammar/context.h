#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "krules/ast.h"
#include "krules/codes.h"
#include "krules/diagnostic.h"

namespace krules::grammar {

/// How deep brackets, blocks and expressions may nest, and how tall the tree of one expression may be.
/// Whoever walks the tree recursively relies on these.
inline constexpr unsigned kMaxNesting = 200;
inline constexpr uint32_t kMaxTreeHeight = 500;
/// After so many diagnostics a file is given up.
inline constexpr size_t kMaxDiagnostics = 1000;

/// `text` between backquotes, as messages show names.
std::string backquoted(std::string_view text);

/// Thrown within this folder alone, caught where parsing can go on.
struct SyntaxError {
  enum class Reach : uint8_t {
    kStatement,    ///< parsing goes on with the next statement
    kDeclaration,  ///< parsing goes on with the next declaration
    kReported,     ///< likewise, and everything has been said already
    kFile,         ///< parsing ends
  };
  Diagnostic diagnostic;
  Reach reach = Reach::kStatement;
};

/// A bracket that is open where the parser stands. `bracket` is its character; a brace of an interpolation is
/// '"'.
struct Opener {
  char bracket;
  Span span;
};

/// What all parts of the parser share while one file is parsed: the text, the diagnostics, the open brackets,
/// the comments passed by.
class Context {
 public:
  explicit Context(SourcePtr source);

  const SourcePtr& source() const { return source_; }
  std::string_view text() const { return text_; }
  std::string_view text(Span span) const { return text_.substr(span.begin, span.end - span.begin); }
  uint32_t offset(const char* at) const { return static_cast<uint32_t>(at - text_.data()); }

  Diagnostic diagnostic(std::string_view code, Span span, std::string message, std::string help = {}) const;
  Label label(Span span, std::string text) const { return {{source_, span}, std::move(text)}; }
  /// Notes an error after which parsing goes on as if nothing were wrong.
  void report(Diagnostic diagnostic);
  [[noreturn]] void fail(Diagnostic diagnostic) const;
  [[noreturn]] void fail(std::string_view code, Span span, std::string message, std::string help = {}) const;

  /// Passes white space and comments (and, with an error, semicolons and comments of other languages);
  /// remembers where the token before them ended.
  const char* skip_space(const char* at, const char* end) {
    token_end_ = offset(at);
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
    if (at != end && (*at == '#' || *at == ';' || *at == '/')) return skip_trivia(at, end);
    return at;
  }
  /// The end of the last token, without the space behind it.
  uint32_t token_end() const { return token_end_; }
  void set_token_end(uint32_t offset) { token_end_ = offset; }

  /// The span of whatever stands at `offset`: a word, a number, a string, a sign; empty at the end of the
  /// file.
  Span token_at(uint32_t offset) const;
  /// How a message names what stands at `offset`: "`foo`", "a string", "the end of the file".
  std::string describe(uint32_t offset) const;
  bool first_on_line(uint32_t offset) const;

  /// The text of the `##` lines directly above `declaration`.
  std::string doc_above(uint32_t declaration) const;

  void enter(uint32_t offset);
  void leave() { --depth_; }

  std::vector<Opener> openers;
  std::vector<Diagnostic> diagnostics;
  std::vector<ast::Comment> comments;

 private:
  const char* skip_trivia(const char* at, const char* end);
  /// Whether the `//` at `offset` stands between two numbers.
  bool divides(uint32_t offset) const;
  /// True once for every place, however often the parser passes it.
  bool first_visit(uint32_t begin, uint32_t end);

  SourcePtr source_;
  std::string_view text_;
  uint32_t token_end_ = 0;
  uint32_t trivia_seen_ = 0;
  unsigned depth_ = 0;
};

}  // namespace krules::grammar
