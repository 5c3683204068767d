#include "krules/symbol.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace krules {

uint64_t hash_text(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

namespace {

Symbol* new_symbol(std::string_view text, uint64_t hash, uint32_t number, Arena& arena) {
  auto* symbol =
      static_cast<Symbol*>(arena.allocate(offsetof(Symbol, chars) + text.size() + 1, alignof(Symbol)));
  symbol->hash = hash;
  symbol->length = static_cast<uint32_t>(text.size());
  symbol->number = number;
  if (!text.empty()) std::memcpy(symbol->chars, text.data(), text.size());
  return symbol;
}

}  // namespace

const Symbol* make_foreign_symbol(std::string_view text, uint64_t hash, Arena& arena) {
  return new_symbol(text, hash, 0, arena);
}

SymbolTable::SymbolTable() : memory_{std::make_shared<Arena>()}, buckets_(256) {}

SymbolTable::SymbolTable(const SymbolTable& base)
    : memory_(base.memory_), buckets_(base.buckets_), by_number_(base.by_number_) {
  memory_.push_back(std::make_shared<Arena>());
}

const Symbol* SymbolTable::find(std::string_view text, uint64_t hash) const {
  const size_t mask = buckets_.size() - 1;
  for (size_t i = hash & mask;; i = (i + 1) & mask) {
    const Symbol* symbol = buckets_[i];
    if (symbol == nullptr) return nullptr;
    if (symbol->hash == hash && symbol->text() == text) return symbol;
  }
}

const Symbol* SymbolTable::find_or_foreign(std::string_view text, Arena& arena) const {
  const uint64_t hash = hash_text(text);
  const Symbol* known = find(text, hash);
  return known != nullptr ? known : make_foreign_symbol(text, hash, arena);
}

const Symbol* SymbolTable::intern(std::string_view text) {
  const uint64_t hash = hash_text(text);
  if (const Symbol* known = find(text, hash)) return known;
  if ((by_number_.size() + 1) * 2 > buckets_.size()) grow();
  const Symbol* symbol = new_symbol(text, hash, size() + 1, *memory_.back());
  by_number_.push_back(symbol);
  const size_t mask = buckets_.size() - 1;
  size_t i = hash & mask;
  while (buckets_[i] != nullptr) i = (i + 1) & mask;
  buckets_[i] = symbol;
  return symbol;
}

void SymbolTable::grow() {
  std::vector<const Symbol*> bigger(buckets_.size() * 2);
  const size_t mask = bigger.size() - 1;
  for (const Symbol* symbol : by_number_) {
    size_t i = symbol->hash & mask;
    while (bigger[i] != nullptr) i = (i + 1) & mask;
    bigger[i] = symbol;
  }
  buckets_ = std::move(bigger);
}

}  // namespace krules
