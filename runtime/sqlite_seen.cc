#include "sqlite_seen.h"

#include <algorithm>
#include <bit>

#include "krules/symbol.h"

namespace krules::sqlite {

namespace {

uint64_t hash_event(std::string_view source, std::string_view id) {
  // Ids of one source differ, sources are few: it is enough to turn the one by the other.
  return hash_text(id) ^ std::rotl(hash_text(source), 23);
}

}  // namespace

void HashIndex::add(uint64_t hash, uint64_t number, uint64_t forgotten) {
  if (used_ + 1 > slots_.size() / 4 * 3) rebuild(forgotten);
  newest_ = number;
  put(uint64_t{short_hash(hash)} << 32 | static_cast<uint32_t>(number));
}

void HashIndex::put(uint64_t slot) {
  size_t at = place(static_cast<uint32_t>(slot >> 32));
  while (slots_[at] != 0) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = slot;
  ++used_;
}

void HashIndex::rebuild(uint64_t forgotten) {
  std::vector<uint64_t> kept;
  for (const uint64_t slot : slots_) {
    if (slot != 0 && whole_number(slot) > forgotten) kept.push_back(slot);
  }
  // Half full at most, so that the next time is as far away as it took to get here.
  const size_t size = std::bit_ceil(std::max<size_t>(1024, kept.size() * 2));
  slots_.assign(size, 0);
  slots_.shrink_to_fit();
  shift_ = 32 - std::countr_zero(size);
  used_ = 0;
  for (const uint64_t slot : kept) put(slot);
}

StoreStatus SeenReader::prepare(Connection& connection, std::string_view path, uint64_t limit) {
  connection_ = &connection;
  path_ = path;
  limit_ = std::min(limit, kMostSeen);
  int code = rows_.prepare(connection,
                           "SELECT number, source, id FROM seen_events WHERE number > ?1 ORDER BY number");
  if (code == SQLITE_OK) {
    code = row_.prepare(connection, "SELECT source = ?2 AND id = ?3 FROM seen_events WHERE number = ?1");
  }
  if (code != SQLITE_OK) return connection.error(code, "read", path_);
  return {};
}

int SeenReader::read_new_rows(uint64_t newest) {
  const uint64_t forgotten = newest > limit_ ? newest - limit_ : 0;
  rows_.bind(1, std::max(indexed_, forgotten));
  const ResetAtEnd reset(rows_);
  int code;
  while ((code = rows_.step()) == SQLITE_ROW) {
    indexed_ = rows_.column_uint(0);
    index_.add(hash_event(rows_.column_text(1), rows_.column_text(2)), indexed_, forgotten);
  }
  if (code != SQLITE_DONE) return code;
  indexed_ = std::max(indexed_, newest);
  return SQLITE_OK;
}

StoreStatus SeenReader::contains(std::string_view source, std::string_view id, uint64_t newest, bool& seen) {
  seen = false;
  if (newest > indexed_) {
    if (const int code = read_new_rows(newest); code != SQLITE_OK)
      return connection_->error(code, "read", path_);
  }
  const uint64_t last = std::max(newest, indexed_);
  int failed = SQLITE_OK;
  seen = index_.find(hash_event(source, id), [&](uint64_t number) {
    if (number + limit_ <= last) return false;  // forgotten
    row_.bind(1, number);
    row_.bind(2, source);
    row_.bind(3, id);
    const ResetAtEnd reset(row_);
    const int code = row_.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) failed = code;
    return code == SQLITE_ROW && row_.column_int(0) != 0;
  });
  if (failed != SQLITE_OK) return connection_->error(failed, "read", path_);
  return {};
}

}  // namespace krules::sqlite
