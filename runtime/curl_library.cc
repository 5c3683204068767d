#include "curl_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <optional>

namespace krules {

namespace {

constexpr const char* kFile = "libcurl.so.4";

struct Loaded {
  std::optional<CurlLibrary> library;
  std::string error;
};

template <class Function>
bool find(void* file, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(file, name));
  return function != nullptr;
}

Loaded load_library() {
  Loaded loaded;
  void* file = ::dlopen(kFile, RTLD_NOW | RTLD_LOCAL);
  CurlLibrary curl{};
  const bool whole =
      file != nullptr && find(file, "curl_global_init", curl.global_init) &&
      find(file, "curl_easy_init", curl.easy_init) && find(file, "curl_easy_cleanup", curl.easy_cleanup) &&
      find(file, "curl_easy_setopt", curl.easy_setopt) &&
      find(file, "curl_easy_getinfo", curl.easy_getinfo) &&
      find(file, "curl_easy_strerror", curl.easy_strerror) &&
      find(file, "curl_multi_init", curl.multi_init) &&
      find(file, "curl_multi_cleanup", curl.multi_cleanup) &&
      find(file, "curl_multi_add_handle", curl.multi_add_handle) &&
      find(file, "curl_multi_remove_handle", curl.multi_remove_handle) &&
      find(file, "curl_multi_perform", curl.multi_perform) &&
      find(file, "curl_multi_poll", curl.multi_poll) && find(file, "curl_multi_wakeup", curl.multi_wakeup) &&
      find(file, "curl_multi_info_read", curl.multi_info_read) &&
      find(file, "curl_slist_append", curl.slist_append) &&
      find(file, "curl_slist_free_all", curl.slist_free_all) && find(file, "curl_getdate", curl.getdate) &&
      find(file, "curl_url", curl.url) && find(file, "curl_url_cleanup", curl.url_cleanup) &&
      find(file, "curl_url_get", curl.url_get) && find(file, "curl_url_set", curl.url_set) &&
      find(file, "curl_free", curl.free);
  if (!whole) {
    const char* why = ::dlerror();
    loaded.error = fmt::format("outside calls need the library {} (package libcurl4): {}", kFile,
                               why == nullptr ? "it is too old" : why);
  } else if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    loaded.error = fmt::format("the library {} cannot be used", kFile);
  } else {
    loaded.library = curl;
  }
  return loaded;
}

}  // namespace

const CurlLibrary* CurlLibrary::load(std::string& error) {
  static const Loaded kLoaded = load_library();
  error = kLoaded.error;
  return kLoaded.library.has_value() ? &*kLoaded.library : nullptr;
}

}  // namespace krules
