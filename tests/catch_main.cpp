#if !__has_include(<catch2/catch_session.hpp>)
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#else
#include <catch2/catch_session.hpp>
#endif

#include "skip.hpp"

int main(int argc, char** argv) {
  if (Catch::Session().run(argc, argv) != 0) return 1;
  return seg::test::skipped_tests() > 0 ? SEG_SKIPPED : 0;
}
