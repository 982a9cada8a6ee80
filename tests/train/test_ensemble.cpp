#include "seg/train/ensemble.hpp"

#include <algorithm>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/failure.hpp"
#include "seg/train/probabilities.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace {

at::Tensor some_probabilities() { return at::rand({3, 4, 5, 6}).softmax(0); }

/// A member as nnU-Net leaves it: probabilities, and properties as a pickle.
void write_nnunet_member(const std::filesystem::path& folder, const at::Tensor& probabilities) {
  using seg::net::Value;
  const auto numbers = [](std::initializer_list<double> list) {
    Value::List values;
    for (const double number : list) values.push_back({number});
    return Value{values};
  };
  const Value grid{Value::Dict{{{std::string("spacing")}, numbers({0.5, 1, 2})},
                               {{std::string("origin")}, numbers({1, 2, 3})},
                               {{std::string("direction")}, numbers({1, 0, 0, 0, 1, 0, 0, 0, 1})}}};
  seg::train::write_probabilities(folder / "a.npz", probabilities);
  seg::net::write_pickle(folder / "a.pkl", {Value::Dict{{{std::string("sitk_stuff")}, grid}}});
  seg::write_json(folder / "dataset.json", {{"channel_names", {{"0", "MRI"}}},
                                            {"labels", {{"background", 0}, {"x", 1}, {"y", 2}}},
                                            {"numTraining", 1},
                                            {"file_ending", ".nii.gz"}});
}

}  // namespace

TEST_CASE("an ensemble averages probabilities and takes the largest") {
  const seg::test::TemporaryFolder folder;
  const at::Tensor one = some_probabilities(), other = some_probabilities();
  write_nnunet_member(folder / "one", one);
  write_nnunet_member(folder / "other", other);
  const auto cases = seg::train::ensemble_folders({folder / "one", folder / "other"},
                                                  folder / "mean", {.save_probabilities = true});
  CHECK(cases == std::vector<std::string>{"a"});
  const at::Tensor mean = (one + other) / 2;
  const auto labels = seg::data::read_label_map(folder / "mean" / "a.nii.gz");
  CHECK(labels.data[0].equal(mean.argmax(0).to(at::kShort)));
  CHECK(labels.geometry.spacing == std::array<double, 3>{0.5, 1, 2});
  CHECK(labels.geometry.origin == std::array<double, 3>{1, 2, 3});
  CHECK(seg::train::read_probabilities(folder / "mean" / "a.npz").equal(mean));
}

TEST_CASE("without properties the grid is that of the label map beside the probabilities") {
  const seg::test::TemporaryFolder folder;
  const at::Tensor probabilities = some_probabilities();
  write_nnunet_member(folder / "one", probabilities);
  std::filesystem::remove(folder / "one" / "a.pkl");
  CHECK_THROWS_WITH(seg::train::ensemble_folders({folder / "one"}, folder / "mean", {}),
                    ContainsSubstring("neither properties nor a label map"));
  seg::data::Geometry geometry;
  geometry.spacing = {3, 2, 1};
  seg::data::write_label_map(folder / "one" / "a.nii.gz", probabilities.argmax(0).to(at::kShort),
                             geometry);
  seg::train::ensemble_folders({folder / "one"}, folder / "mean", {});
  CHECK(seg::data::read_label_map(folder / "mean" / "a.nii.gz").geometry.spacing ==
        geometry.spacing);
}

TEST_CASE("regions overlap in the order of their labels") {
  seg::plan::Labels labels;
  labels.all = {0, 1, 2};
  labels.regions = {{1, 2}, {2}};
  labels.regions_class_order = {1, 2};
  const at::Tensor probabilities =
      at::tensor({0.9F, 0.9F, 0.2F, 0.1F, 0.6F, 0.5F}).view({2, 1, 1, 3});
  CHECK(seg::train::probabilities_to_labels(probabilities, labels)
            .equal(at::tensor({1, 2, 0}, at::kShort).view({1, 1, 3})));
}

TEST_CASE("members with other cases, shapes or classes are refused") {
  const seg::test::TemporaryFolder folder;
  write_nnunet_member(folder / "one", some_probabilities());
  write_nnunet_member(folder / "shape", at::rand({3, 4, 5, 7}));
  write_nnunet_member(folder / "classes", at::rand({2, 4, 5, 6}));
  write_nnunet_member(folder / "more", some_probabilities());
  seg::train::write_probabilities(folder / "more" / "b.npz", some_probabilities());
  std::filesystem::create_directories(folder / "empty");
  const auto with = [&](const char* other) {
    seg::train::ensemble_folders({folder / "one", folder / other}, folder / "mean", {});
  };
  CHECK_THROWS_WITH(with("shape"), ContainsSubstring("another shape"));
  CHECK_THROWS_WITH(with("more"), ContainsSubstring("no probabilities of the case b"));
  CHECK_THROWS_WITH(with("empty"), ContainsSubstring("holds no probabilities"));
  CHECK_THROWS_WITH(with("nowhere"), ContainsSubstring("no such folder"));
  CHECK_THROWS_WITH(seg::train::ensemble_folders({folder / "classes"}, folder / "mean", {}),
                    ContainsSubstring("2 classes, but 3"));
}

TEST_CASE("an ensemble goes on past probabilities that are damaged") {
  const seg::test::TemporaryFolder folder;
  for (const char* member : {"one", "other"}) {
    write_nnunet_member(folder / member, some_probabilities());
    for (const char* copy : {"b", "c"})
      for (const char* ending : {".npz", ".pkl"})
        std::filesystem::copy_file(folder / member / (std::string("a") + ending),
                                   folder / member / (std::string(copy) + ending));
  }
  seg::test::write_text(folder / "one/a.npz", "no archive");
  std::filesystem::resize_file(folder / "other/b.npz", 200);
  try {
    seg::train::ensemble_folders({folder / "one", folder / "other"}, folder / "mean", {});
    FAIL("a and b cannot be read");
  } catch (const seg::train::SomeFailed& some) {
    CHECK(some.outcomes().finished == std::vector<std::string>{"c"});
    REQUIRE(some.outcomes().failed.size() == 2);
    for (const auto& failed : some.outcomes().failed)
      CHECK_THAT(failed.line, ContainsSubstring(failed.name + ".npz: ") &&
                                  ContainsSubstring("predict again with `save_probabilities`"));
  }
  CHECK(std::filesystem::exists(folder / "mean/c.nii.gz"));
  CHECK(std::filesystem::exists(folder / "mean/dataset.json"));
  CHECK_FALSE(std::filesystem::exists(folder / "mean/a.nii.gz"));

  for (const char* name : {"one/a.npz", "other/b.npz"})
    seg::train::write_probabilities(folder / name, some_probabilities());
  CHECK(seg::train::ensemble_folders({folder / "one", folder / "other"}, folder / "mean", {}) ==
        std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("probabilities of an earlier ensemble that are not asked for now go, and this is told") {
  const seg::test::TemporaryFolder folder;
  const std::vector<std::filesystem::path> members{folder / "one", folder / "other"};
  for (const auto& member : members) write_nnunet_member(member, some_probabilities());
  const auto mean = folder / "mean";
  seg::train::ensemble_folders(members, mean, {.save_probabilities = true});
  REQUIRE(std::filesystem::exists(mean / "a.npz"));
  const auto lines = seg::train::ensemble_intentions(members, mean, {});
  for (const char* name : {"a.npz", "a.pkl"})
    CHECK(std::ranges::count(lines, "removes " + (mean / name).string()) == 1);
  std::vector<std::string> news;
  seg::train::ensemble_folders(
      members, mean, {},
      {.info = [&](const auto& line) { news.push_back(line); }, .warning = {}, .progress = {}});
  REQUIRE(news.size() == 1);
  CHECK_THAT(news[0], ContainsSubstring("2 files of probabilities") && ContainsSubstring("go"));
  CHECK_FALSE(std::filesystem::exists(mean / "a.npz"));
}

TEST_CASE("an ensemble is not written over one of its members") {
  const seg::test::TemporaryFolder folder;
  write_nnunet_member(folder / "one", some_probabilities());
  CHECK_THROWS_WITH(seg::train::ensemble_folders({folder / "one"}, folder / "one", {}),
                    ContainsSubstring("is one of the folders to average"));
}
