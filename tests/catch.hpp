#pragma once

// Catch2 version 2 (Debian 12) and 3 (newer systems) under one name. Include it after LibTorch's
// headers: those define a CHECK macro of their own, which tests do not want.
#ifdef CHECK
#undef CHECK
#endif
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <catch2/matchers/catch_matchers_all.hpp>
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
#else
#include <catch2/catch.hpp>
/// Version 3's name for what version 2 calls Contains.
inline auto ContainsSubstring(const std::string& text) { return Catch::Matchers::Contains(text); }
#endif
