#include "seg/train/install_model.hpp"

#include <minizip/zip.h>
#include <sys/stat.h>

#include <algorithm>

#include "catch.hpp"
#include "net/filled_network.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/plugin.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/model.hpp"
#include "seg/train/sha256.hpp"
#include "skip.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace fs = std::filesystem;

namespace {

struct ZipEntry {
  std::string name, content;
  bool link = false;
};

void write_zip(const fs::path& file, const std::vector<ZipEntry>& entries) {
  const zipFile archive = zipOpen64(file.c_str(), APPEND_STATUS_CREATE);
  for (const ZipEntry& entry : entries) {
    constexpr uLong made_by_unix = 3 << 8;
    const uLong mode = entry.link ? S_IFLNK | 0777 : S_IFREG | 0644;
    zip_fileinfo about{};
    about.external_fa = mode << 16;
    REQUIRE(zipOpenNewFileInZip4(archive, entry.name.c_str(), &about, nullptr, 0, nullptr, 0,
                                 nullptr, Z_DEFLATED, Z_DEFAULT_COMPRESSION, 0, -MAX_WBITS,
                                 DEF_MEM_LEVEL, Z_DEFAULT_STRATEGY, nullptr, 0, made_by_unix,
                                 0) == ZIP_OK);
    const auto size = static_cast<unsigned>(entry.content.size());
    REQUIRE(zipWriteInFileInZip(archive, entry.content.data(), size) == ZIP_OK);
    REQUIRE(zipCloseFileInZip(archive) == ZIP_OK);
  }
  REQUIRE(zipClose(archive, nullptr) == ZIP_OK);
}

std::vector<ZipEntry> exported_model(const std::string& name) {
  const std::string model = "Dataset001_Ball/" + name + "/";
  return {{model + "plans.json", "{}"},
          {model + "dataset.json", "{}"},
          {model + "fold_0/checkpoint_final.pth", "weights"}};
}

}  // namespace

TEST_CASE("an exported model is unpacked into its folder") {
  const seg::test::TemporaryFolder folder;
  write_zip(folder / "model.zip", exported_model("trainer__plans__2d"));
  const auto models = seg::train::install_model(folder / "model.zip", folder / "models");
  const fs::path model = folder / "models" / "Dataset001_Ball" / "trainer__plans__2d";
  CHECK(models == std::vector<fs::path>{model});
  CHECK(seg::test::bytes_of(model / "fold_0" / "checkpoint_final.pth") == "weights");
}

TEST_CASE("a model is installed from an address, of which nothing else stays") {
  if (!fs::exists(seg::data::plugin_file("download")))
    return seg::test::skip("built without downloads");
  const seg::test::TemporaryFolder folder;
  const fs::path zip = folder / "ball.zip";
  write_zip(zip, exported_model("trainer__plans__2d"));
  const std::string url = "file://" + zip.string();
  const fs::path models = folder / "models";
  std::vector<std::string> said;
  seg::Reporter reporter;
  reporter.info = [&](const std::string& line) { said.push_back(line); };
  CHECK_THROWS_WITH(seg::train::install({url, models, std::string(64, '0')}, reporter),
                    ContainsSubstring(url) && ContainsSubstring("SHA-256"));
  CHECK_THROWS_WITH(seg::train::install({"file:///nowhere/ball.zip", models}),
                    ContainsSubstring("cannot be downloaded"));
  CHECK_THROWS_WITH(seg::train::install({"file:///nowhere/big.model", models}),
                    ContainsSubstring("half of a model"));
  CHECK(seg::train::install({url, models}, reporter) ==
        std::vector<fs::path>{models / "Dataset001_Ball" / "trainer__plans__2d"});
  CHECK(said.back() == "sha256 " + seg::train::sha256_of(zip));
  CHECK_THROWS_WITH(seg::train::install({url, models}), ContainsSubstring("is there already"));
  for (const auto& entry : fs::directory_iterator(models)) {
    const std::string name = entry.path().filename().string();
    CHECK((name == "Dataset001_Ball" || name == ".lock"));
  }
}

TEST_CASE("entries with backslashes, as Windows may write them, are folders all the same") {
  const seg::test::TemporaryFolder folder;
  auto entries = exported_model("trainer__plans__2d");
  for (ZipEntry& entry : entries) std::ranges::replace(entry.name, '/', '\\');
  write_zip(folder / "model.zip", entries);
  const fs::path model = folder / "models" / "Dataset001_Ball" / "trainer__plans__2d";
  CHECK(seg::train::install_model(folder / "model.zip", folder / "models") ==
        std::vector<fs::path>{model});
  CHECK(seg::test::bytes_of(model / "fold_0" / "checkpoint_final.pth") == "weights");
}

TEST_CASE("another configuration is installed beside the first, the same one is refused") {
  const seg::test::TemporaryFolder folder;
  write_zip(folder / "2d.zip", exported_model("trainer__plans__2d"));
  write_zip(folder / "3d.zip", exported_model("trainer__plans__3d_fullres"));
  seg::train::install_model(folder / "2d.zip", folder / "models");
  seg::train::install_model(folder / "3d.zip", folder / "models");
  CHECK(fs::exists(folder / "models" / "Dataset001_Ball" / "trainer__plans__3d_fullres"));
  CHECK_THROWS_WITH(seg::train::install_model(folder / "2d.zip", folder / "models"),
                    ContainsSubstring("is there already"));
}

TEST_CASE("entries that lead out of the folder are refused and nothing is unpacked") {
  const seg::test::TemporaryFolder folder;
  const std::vector<ZipEntry> hostile{
      {"../evil", "x"},          {"Dataset001_Ball/../../evil", "x"},
      {"/tmp/evil", "x"},        {"..\\evil", "x"},
      {"\\\\server\\evil", "x"}, {"a\\..\\..\\evil", "x"},
      {"C:evil", "x"},           {"Dataset001_Ball/link", "/etc", true}};
  for (const ZipEntry& entry : hostile) {
    INFO(entry.name);
    auto entries = exported_model("trainer__plans__2d");
    entries.push_back(entry);
    write_zip(folder / "model.zip", entries);
    CHECK_THROWS_WITH(seg::train::install_model(folder / "model.zip", folder / "models"),
                      ContainsSubstring(entry.name));
    CHECK_FALSE(fs::exists(folder / "models"));
    CHECK_FALSE(fs::exists(folder / "evil"));
  }
}

TEST_CASE("damaged zips and zips without a model leave nothing behind") {
  const seg::test::TemporaryFolder folder;
  const auto install = [&](const char* name) {
    seg::train::install_model(folder / name, folder / "models");
  };
  CHECK_THROWS_WITH(install("missing.zip"), ContainsSubstring("no such file"));
  seg::test::write_text(folder / "text.zip", "no zip");
  CHECK_THROWS_WITH(install("text.zip"), ContainsSubstring("no zip"));
  write_zip(folder / "other.zip", {{"readme.txt", "hello"}});
  CHECK_THROWS_WITH(install("other.zip"), ContainsSubstring("no trained model"));
  auto entries = exported_model("trainer__plans__2d");
  entries[2].content = std::string(1000, 'w');
  write_zip(folder / "damaged.zip", entries);
  std::string bytes = seg::test::bytes_of(folder / "damaged.zip");
  bytes[bytes.find("checkpoint_final.pth") + 22] ^= 0x55;
  seg::test::write_text(folder / "damaged.zip", bytes);
  CHECK_THROWS_WITH(install("damaged.zip"), ContainsSubstring("is damaged"));
  constexpr std::size_t flags = 8, size = 24;  // in an entry's header at the end of the zip
  write_zip(folder / "other.zip", exported_model("trainer__plans__2d"));
  bytes = seg::test::bytes_of(folder / "other.zip");
  const std::size_t header = bytes.rfind("PK\x01\x02");
  bytes[header + flags] |= 1;
  seg::test::write_text(folder / "encrypted.zip", bytes);
  CHECK_THROWS_WITH(install("encrypted.zip"), ContainsSubstring("without a password"));
  bytes[header + flags] &= ~1;
  ++bytes[header + size];
  seg::test::write_text(folder / "longer.zip", bytes);
  CHECK_THROWS_WITH(install("longer.zip"), ContainsSubstring("is damaged"));
  CHECK_FALSE(fs::exists(folder / "models" / "Dataset001_Ball"));
}

namespace {

fs::path recorded_version_1() {
  return seg::test::shared_data() / "oracles" / "networks" / "checkpoints" / "stunet_tiny_v1.model";
}

}  // namespace

TEST_CASE("a STU-Net of nnU-Net v1 becomes a model folder that answers as upstream") {
  if (!fs::exists(recorded_version_1())) {
    seg::test::skip("no recorded outputs");
    return;
  }
  const seg::test::TemporaryFolder folder;
  const auto installed = seg::train::install_version_1_model(recorded_version_1(), folder.path());
  CHECK(installed == folder / "stunet_tiny_v1" / "nnUNetTrainer__nnUNetPlans__3d_fullres");
  const auto model = seg::train::load_model(installed, {{"0"}, "final"});
  CHECK(model.configuration.patch_size == std::vector<std::int64_t>{8, 32, 32});
  CHECK(model.configuration.spacing == std::vector<double>{3, 1.5, 1.5});
  CHECK(model.configuration.normalization_schemes == std::vector<std::string>{"CTNormalization"});
  CHECK(model.plans.intensities.at(0).std == 20.5);
  CHECK(model.labels.all == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(model.mirror_axes == std::vector<int>{0, 1, 2});
  const auto logits =
      model.networks[0]->forward(seg::test::filled_input("input", {1, 1, 8, 32, 32}));
  const auto expected =
      seg::data::map_npy(recorded_version_1().parent_path() / "stunet_tiny_v1_out0.npy");
  CHECK(at::allclose(logits.at(0), expected, 1e-4, 1e-5));
  CHECK_THROWS_WITH(seg::train::install_version_1_model(recorded_version_1(), folder.path()),
                    ContainsSubstring("is there already"));
}

TEST_CASE("weights of another network of nnU-Net v1, or without plans, are refused") {
  const seg::test::TemporaryFolder folder;
  const auto dict = [](const char* key, seg::net::Value value) {
    return seg::net::Value{seg::net::Value::Dict{{seg::net::Value{key}, std::move(value)}}};
  };
  const auto install = [&] {
    seg::train::install_version_1_model(folder / "one.model", folder / "models");
  };
  seg::net::write_checkpoint(
      folder / "one.model",
      dict("state_dict", dict("tu.0.weight", seg::net::Value{at::zeros({2, 2})})));
  CHECK_THROWS_WITH(install(), ContainsSubstring("one.model.pkl"));
  seg::net::write_pickle(folder / "one.model.pkl",
                         dict("name", seg::net::Value{"nnUNetTrainerV2"}));
  CHECK_THROWS_WITH(install(), ContainsSubstring("no plans of nnU-Net v1"));
  seg::net::write_pickle(folder / "one.model.pkl", dict("plans", dict("x", seg::net::Value{})));
  CHECK_THROWS_WITH(install(), ContainsSubstring("holds no STU-Net"));
  CHECK_FALSE(fs::exists(folder / "models"));
}
