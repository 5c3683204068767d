#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "krules/check.h"

namespace krules::test {

using Verify = std::function<CertificateReport(std::string_view)>;

/// Tries to make the reader of certificates confirm that a program ends: claims so, and adds steps of all
/// kinds about all links, one after the other, of which those stay that are confirmed. The certificate that
/// was confirmed to its end; empty where none was, within so many tries. Of a program that loops there must
/// be none.
std::string forge(const std::string& certificate, const Verify& verify, uint64_t tries);

}  // namespace krules::test
