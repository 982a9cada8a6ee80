#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "augment/transforms.hpp"
#include "seg/plan/built_in_config.hpp"
#include "seg/plan/error.hpp"
//
#include "catch.hpp"

using namespace seg::data;

namespace {

const std::uint64_t count = 8000;

ItemFormat format_3d() {
  ItemFormat format;
  format.channels = 2;
  format.patch = {16, 24, 16};
  format.rotation_range = {-0.5, 0.5};
  format.mirror_axes = {0, 1, 2};
  format.previous_labels = 3;
  return format;
}

std::vector<Drawn> many(const Transform& transform, const ItemFormat& format,
                        const AugmentationTable& table = {}) {
  std::vector<Drawn> draws;
  for (std::uint64_t item = 0; item < count; ++item)
    draws.push_back(drawn_for(transform, {4, 0, 0, item}, format, table));
  return draws;
}

std::vector<Drawn> many(const char* name) { return many(transform_named(name), format_3d()); }

// Share of items for which something holds, against its probability, within 4 standard errors.
void check_share(const std::vector<Drawn>& draws, double probability,
                 const std::function<bool(const Drawn&)>& holds) {
  const auto hits = std::count_if(draws.begin(), draws.end(), holds);
  const double error = std::sqrt(probability * (1 - probability) / count);
  CHECK(std::abs(static_cast<double>(hits) / count - probability) < 4 * error);
}

bool is_drawn(const Drawn& drawn) { return !drawn.empty(); }

// Nothing but one transform is left to chance; it never happens.
AugmentationTable table_without(const Transform& transform) {
  AugmentationTable table;
  for (const auto& parameter : transform.parameters)
    if (std::string(parameter.name).ends_with("probability")) table.number(parameter.name) = 0;
  return table;
}

}  // namespace

TEST_CASE("Every transform is drawn as often as nnU-Net draws it") {
  const auto movements = many("rotation_zoom");
  check_share(movements, 0.36, is_drawn);
  check_share(movements, 0.2, [](const auto& d) { return !d.empty() && d[0][2] != 0; });
  check_share(movements, 0.2, [](const auto& d) { return !d.empty() && d[0][3] != 1; });
  check_share(many("noise"), 0.1, is_drawn);
  check_share(many("blur"), 0.2, is_drawn);
  check_share(many("blur"), 0.1, [](const auto& d) { return !d.empty() && !d[1].empty(); });
  check_share(many("brightness"), 0.15, is_drawn);
  check_share(many("contrast"), 0.15, is_drawn);
  check_share(many("low_resolution"), 0.25, is_drawn);
  check_share(many("gamma_inverted"), 0.1, is_drawn);
  check_share(many("gamma"), 0.3, is_drawn);
  check_share(many("gamma"), 0.3 * 0.5, [](const auto& d) { return !d.empty() && d[0][0] < 1; });
  for (int axis = 0; axis < 3; ++axis)
    check_share(many("mirror"), 0.5, [axis](const auto& d) {
      return !d.empty() && std::count(d[0].begin(), d[0].end(), axis) == 1;
    });
  check_share(many("morphology"), 0.4 * (1 - 0.125), is_drawn);
  check_share(many("removal"), 0.2 * (1 - 0.125), is_drawn);
}

TEST_CASE("Parameters stay in nnU-Net's ranges") {
  for (const auto& drawn : many("rotation_zoom")) {
    if (drawn.empty()) continue;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      CHECK(std::abs(drawn[0][axis]) <= 0.5);
      CHECK((drawn[0][3 + axis] >= 0.7 && drawn[0][3 + axis] < 1.4));
      CHECK(drawn[0][3 + axis] == drawn[0][3]);
    }
  }
  for (const auto& drawn : many("noise"))
    if (!drawn.empty()) CHECK((drawn[0][0] >= 0 && drawn[0][0] < 0.1));
  for (const auto& drawn : many("gamma"))
    for (const auto& channel : drawn) CHECK((channel[0] >= 0.7 && channel[0] < 1.5));
  for (const auto& drawn : many("brightness"))
    for (const auto& channel : drawn) CHECK((channel[0] >= 0.75 && channel[0] < 1.25));
  for (const auto& drawn : many("low_resolution"))
    for (const auto& scales : drawn)
      for (double scale : scales) CHECK((scale == scales[0] && scale >= 0.5 && scale < 1));
  for (const auto& drawn : many("morphology"))
    for (const auto& label : drawn) CHECK((label[0] <= 2 && label[2] >= 1 && label[2] < 8));
}

TEST_CASE("In-plane formats turn about the first axis and keep its extent and resolution") {
  auto format = format_3d();
  format.dummy_2d = true;
  for (const auto& drawn : many(transform_named("rotation_zoom"), format)) {
    if (drawn.empty()) continue;
    CHECK(drawn[0][3] == 1);
    CHECK((drawn[0][1] == 0 && drawn[0][2] == 0));
  }
  for (const auto& drawn : many(transform_named("low_resolution"), format))
    for (const auto& scales : drawn)
      if (!scales.empty()) CHECK(scales[0] == 1);
}

TEST_CASE("A transform that never happens shifts no other's draws") {
  for (const auto& left_out : all_transforms()) {
    const auto table = table_without(left_out);
    for (const auto& transform : all_transforms()) {
      INFO(transform.name << " without " << left_out.name);
      if (transform.name == left_out.name)
        CHECK(std::ranges::none_of(many(transform, format_3d(), table), is_drawn));
      else
        CHECK(many(transform, format_3d(), table) == many(transform, format_3d()));
    }
  }
}

TEST_CASE("Rotations do not depend on whether items zoom, nor flips on which axes are allowed") {
  AugmentationTable without_zoom;
  without_zoom.number("zoom_probability") = 0;
  const auto both = many("rotation_zoom");
  const auto rotations = many(transform_named("rotation_zoom"), format_3d(), without_zoom);
  auto in_plane = format_3d();
  in_plane.mirror_axes = {1, 2};
  const auto all_flips = many("mirror"), flips = many(transform_named("mirror"), in_plane);
  for (std::size_t i = 0; i < count; ++i) {
    if (!rotations[i].empty())
      CHECK(std::equal(rotations[i][0].begin(), rotations[i][0].begin() + 3, both[i][0].begin()));
    auto expected = all_flips[i];
    if (!expected.empty()) std::erase(expected[0], 0);
    CHECK(flips[i] == (expected == Drawn{{}} ? Drawn{} : expected));
  }
}

TEST_CASE("Transforms of DA5 alone happen as often as they are asked to, and within the patch") {
  AugmentationTable table;
  const auto with = [&](const char* name, const char* probability) {
    table.number(probability) = 0.3;
    return many(transform_named(name), format_3d(), table);
  };
  const auto turns = with("rot90", "rot90_probability");
  check_share(turns, 0.3 * 0.75, is_drawn);
  for (const auto& drawn : turns)
    if (!drawn.empty()) CHECK((drawn[0][1] == 0 && drawn[0][2] == 2));
  check_share(with("transpose_axes", "transpose_probability"), 0.3 * 0.5, [](const auto& d) {
    return !d.empty() && d[0] != std::vector<double>{0, 1, 2};
  });
  const auto smoothed = with("median_or_blur", "smoothing_probability");
  check_share(smoothed, 0.3 * 0.5 * 0.5,
              [](const auto& d) { return !d.empty() && !d[0].empty() && d[0][0] == 0; });
  check_share(with("brightness_shift", "brightness_shift_probability"), 0.3 * 0.5 * 0.5,
              [](const auto& d) { return !d.empty() && !d[1].empty() && d[1][0] > 0; });
  check_share(with("brightness_gradient", "brightness_gradient_probability"), 0.3 * 0.5 * 0.5,
              [](const auto& d) { return !d.empty() && !d[1].empty() && d[1][0] < 0; });
  check_share(with("local_gamma", "local_gamma_probability"), 0.3 * 0.5 * 0.5,
              [](const auto& d) { return !d.empty() && !d[1].empty() && d[1][0] < 1; });
  check_share(with("sharpening", "sharpening_probability"), 0.3, is_drawn);
  for (const auto& drawn : with("blank_rectangle", "rectangle_probability"))
    for (const auto& channel : drawn)
      for (std::size_t i = 0; i < channel.size(); i += 2) {
        const double extent = i % 6 == 2 ? 24 : 16;
        CHECK((channel[i] >= 0 && channel[i + 1] >= 1 && channel[i] + channel[i + 1] <= extent));
        CHECK(channel[i + 1] < extent / 3);
      }
}

TEST_CASE("Each axis may turn and zoom by itself") {
  AugmentationTable table;
  table.number("rotation_axis_probability") = 0.5;
  table.number("zoom_together_probability") = 0;
  const auto movements = many(transform_named("rotation_zoom"), format_3d(), table);
  const auto together = many("rotation_zoom");
  for (std::size_t axis = 0; axis < 3; ++axis)
    check_share(movements, 0.2 * 0.5, [&](const auto& d) { return !d.empty() && d[0][axis] != 0; });
  check_share(movements, 0.2, [](const auto& d) { return !d.empty() && d[0][3] != d[0][4]; });
  for (std::size_t i = 0; i < count; ++i)
    if (!movements[i].empty()) CHECK(movements[i][0][3] == together[i][0][3]);
}

// Adding or removing a transform must leave these as they are; a new one takes a new number.
TEST_CASE("Every transform keeps its own stream") {
  std::set<std::uint32_t> streams;
  for (const auto& transform : all_transforms()) streams.insert(transform.stream);
  CHECK(streams.size() == all_transforms().size());
  CHECK((*streams.begin() >= 1 && *streams.rbegin() <= 191));
  CHECK(transform_named("rotation_zoom").stream == 1);
  CHECK(transform_named("gamma").stream == 8);
  CHECK(transform_named("removal").stream == 11);
}

TEST_CASE("Transforms run in nnU-Net's order") {
  std::vector<std::string> names;
  for (const auto& transform : all_transforms()) names.push_back(transform.name);
  CHECK(names == std::vector<std::string>{
                     "rotation_zoom", "rot90", "transpose_axes", "median_or_blur", "noise", "blur",
                     "brightness", "brightness_shift", "contrast", "low_resolution",
                     "gamma_inverted", "gamma", "mirror", "blank_rectangle", "brightness_gradient",
                     "local_gamma", "sharpening", "morphology", "removal"});
}

TEST_CASE("Augmentation settings out of their bounds are refused by name") {
  AugmentationTable table;
  CHECK_NOTHROW(check_augmentation(table, "mine.json"));
  table.number("noise_probability") = 1.5;
  CHECK_THROWS_WITH(check_augmentation(table, "mine.json"),
                    "mine.json: the setting \"noise_probability\" is 1.5; it must be from 0.0 to "
                    "1.0 (per item)");
  table = {};
  table.range("low_resolution_scale") = {0.5, 2};
  CHECK_THROWS_AS(check_augmentation(table, "mine.json"), seg::Error);
}

TEST_CASE("The table has exactly the entries of configs/augmentation.json") {
  std::set<std::string> visited;
  const AugmentationTable table;
  for_each_entry(table, [&](const std::string& name, const auto&) { visited.insert(name); });
  std::set<std::string> listed;
  for (const auto& [name, entry] : table.entries) listed.insert(name);
  const seg::Json configured = seg::built_in_config("augmentation").at("default");
  for (const auto& [name, value] : configured.items()) CHECK(visited.count(name) == 1);
  CHECK(visited == listed);
}
