#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "workloads.h"

namespace {

int usage() {
  std::fputs(
      "usage: krules_bench_reference w1|w2 INPUT OUTPUT\n"
      "       krules_bench_reference w3 INPUT OUTPUT RULES\n"
      "       krules_bench_reference w4 INPUT OUTPUT EVALUATIONS\n"
      "       krules_bench_reference w5 INPUT OUTPUT DATABASE full|normal|off EVENTS_PER_COMMIT\n",
      stderr);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return usage();
  const std::string workload = argv[1], input = argv[2];
  reference::Output output(argv[3]);
  if (workload == "w1" && argc == 4) {
    reference::device_health(input, output);
  } else if (workload == "w2" && argc == 4) {
    reference::order_cascade(input, output);
  } else if (workload == "w3" && argc == 5) {
    reference::many_rules(input, output, std::atoll(argv[4]));
  } else if (workload == "w4" && argc == 5) {
    reference::expression(input, output, std::atoll(argv[4]));
  } else if (workload == "w5" && argc == 7) {
    reference::durable_device_health(input, output, {argv[4], argv[5], std::max(1LL, std::atoll(argv[6]))});
  } else {
    return usage();
  }
  return 0;
}
