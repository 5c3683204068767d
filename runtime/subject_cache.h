#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "krules/json.h"
#include "krules/program.h"
#include "krules/store.h"
#include "krules/subject.h"
#include "krules/symbol.h"

namespace krules {

/// How many properties share one stored part.
inline constexpr uint32_t kPropertiesPerPart = 64;

/// The subjects in memory: everything that recent cascades touched, within a budget of bytes. Belongs to one
/// engine thread; a Subject's address stays until trim() lets it go.
class SubjectCache {
 public:
  struct Options {
    size_t budget_bytes = size_t{256} << 20;
    /// Null: subjects live here alone and are never let go while they have properties.
    Store* store = nullptr;
    /// Nothing is in the store yet: what is not here does not exist, until something was let go.
    bool store_is_empty = false;
  };
  SubjectCache(Options options, std::shared_ptr<const SymbolTable> symbols);
  ~SubjectCache();
  SubjectCache(const SubjectCache&) = delete;
  SubjectCache& operator=(const SubjectCache&) = delete;

  /// Loads it where needed; a subject that does not exist comes without properties. Null: the store failed,
  /// see error().
  Subject* get(std::string_view name);
  const StoreError& error() const { return error_; }

  /// The names of all subjects that exist and match, here or in the store, in the order of their bytes.
  /// False: the store failed.
  bool existing(const std::vector<NamePattern>& patterns, std::vector<std::string>& names);

  void use_symbols(std::shared_ptr<const SymbolTable> symbols) { symbols_ = std::move(symbols); }

  /// Tells that a subject's memory changed size.
  void recount(Subject& subject);

  /// Lets go of subjects not touched lately while the budget is exceeded. `committed`: the newest commit
  /// group that is in the store; what a later one holds must stay. Between cascades only.
  void trim(uint64_t committed);

  /// Forgets all subjects, kept or not. Between cascades, for a cache without a store.
  void clear();

  size_t bytes() const { return bytes_; }
  size_t size() const { return count_; }

 private:
  struct Bucket {
    uint64_t hash = 0;
    Subject* subject = nullptr;
  };

  Subject* insert(std::string_view name, uint64_t hash);
  bool load(Subject& subject);
  bool add_properties(std::string_view json, uint16_t part, PropertySet& properties, std::string& problem);
  void grow();
  void erase(size_t bucket);

  Options options_;
  std::shared_ptr<const SymbolTable> symbols_;
  std::vector<Bucket> buckets_;
  size_t count_ = 0;
  size_t bytes_ = 0;
  size_t hand_ = 0;  // where trim() looks next
  bool complete_;    // everything that exists is here
  std::vector<StoredPart> parts_;
  JsonTexts json_;
  Arena arena_;
  StoreError error_{StoreErrorKind::kIo, {}};
};

}  // namespace krules
