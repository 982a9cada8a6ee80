#include <fstream>

#include "net/filled_network.hpp"
#include "seg/plan/files.hpp"
#include "skip.hpp"
#include "test_files.hpp"

#include "catch.hpp"

namespace {

seg::Json recorded_vectors() {
  std::ifstream stream(seg::test::shared_data() / "oracles/networks/fill_vectors.json");
  return stream ? seg::Json::parse(stream) : seg::Json();
}

}  // namespace

TEST_CASE("the fill rule gives the recorded numbers") {
  const auto vectors = recorded_vectors();
  if (vectors.is_null()) {
    seg::test::skip("no network oracles");
    return;
  }
  for (const auto& entry : vectors.at("generator")) {
    const auto unit = seg::test::fill_unit(entry.at("name"), entry.at("index"));
    CHECK(unit == entry.at("u").get<float>());
  }
  for (const auto& entry : vectors.at("values")) {
    const auto values = entry.at("values").get<std::vector<float>>();
    const auto shape = entry.at("shape").get<std::vector<std::int64_t>>();
    const auto filled = seg::test::filled_tensor(entry.at("key"), shape).flatten().to(at::kFloat);
    CHECK(at::equal(filled.slice(0, 0, static_cast<std::int64_t>(values.size())),
                    at::tensor(values)));
  }
}
