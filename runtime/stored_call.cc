#include "stored_call.h"

#include <fmt/format.h>

#include "call_secrets.h"
#include "krules/json.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace krules {

void append_call_arguments(std::string& out, const Value& arguments, std::span<const SecretMark> secrets) {
  append_json(out, arguments);
  if (secrets.empty()) return;
  out.pop_back();
  if (out.back() != '{') out.push_back(',');
  append_json_string(out, kSecretsMember);
  out.append(":{");
  for (const SecretMark& secret : secrets) {
    if (&secret != &secrets.front()) out.push_back(',');
    append_json_string(out, secret.mark);
    out.push_back(':');
    append_json_string(out, secret.name);
  }
  out.append("}}");
}

std::string shown_arguments(const StoredCall& call) {
  CallSecrets secrets;
  std::string arguments;
  std::string error;
  const auto shown = [](std::string_view name) { return fmt::format("<secret {}>", name); };
  return secrets.fill(call.arguments, shown, arguments, error) ? arguments : "null";
}

std::string shown_extra(const StoredCall& call) {
  if (call.extra.empty()) return "null";
  Arena arena;
  const SymbolTable symbols;
  std::string text;
  append_json(text, parse_json(call.extra, JsonStyle::kTagged, arena, symbols).value);
  return text;
}

std::string idempotency_key(const StoredCall& call) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  XXH3_128bits_update(&state, &call.id, sizeof call.id);
  XXH3_128bits_update(&state, &call.time, sizeof call.time);
  for (const std::string* text : {&call.action, &call.arguments, &call.subject, &call.rule}) {
    XXH3_128bits_update(&state, text->data(), text->size() + 1);
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  const uint64_t high = (hash.high64 & ~uint64_t{0xF000}) | 0x8000;
  const uint64_t low = (hash.low64 & ~(uint64_t{3} << 62)) | uint64_t{1} << 63;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF, high & 0xFFFF,
                     low >> 48, low & 0xFFFF'FFFF'FFFF);
}

}  // namespace krules
