#include <ATen/ATen.h>
#undef CHECK
#if __has_include(<catch2/reporters/catch_reporter_event_listener.hpp>)
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using Listener = Catch::EventListenerBase;
#else
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
using Listener = Catch::TestEventListenerBase;
#endif

// LibTorch seeds itself differently in each process. Tests draw the same numbers whenever they run.

namespace {

struct SeededTests : Listener {
  using Listener::Listener;
  void testCaseStarting(const Catch::TestCaseInfo&) override { at::manual_seed(1); }
};

CATCH_REGISTER_LISTENER(SeededTests)

}  // namespace
