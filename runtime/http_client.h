#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "http_request.h"
#include "krules/http_grants.h"

namespace krules {

/// Sends requests, any number at a time, in the thread that calls run(). Nothing of it throws or blocks.
class HttpClient {
 public:
  struct Limits {
    size_t response_bytes = 0;
  };
  HttpClient(const HttpGrants& grants, Limits limits);
  /// What is under way is given up; its `done` is not called.
  ~HttpClient();

  /// `done` is called once, in run() or at once.
  void start(HttpRequest request, std::function<void(ActionResult)> done);
  /// Goes on with what is under way, and waits so long (in milliseconds) for something to happen.
  void run(int wait_ms);
  /// From any thread: ends the waiting of run().
  void wake();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace krules
