#include "seg/net/checkpoint_file.hpp"

#include <fstream>
#include <random>

#include "net/checkpoint_oracle.hpp"
#include "net/filled_network.hpp"
#include "net/network_oracle.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"
#include "test_files.hpp"
#include "text.hpp"

#include "catch.hpp"

using namespace seg;
using net::Value;
namespace fs = std::filesystem;

namespace {

fs::path recorded() { return test::shared_data() / "oracles/networks/checkpoints"; }

bool skip() {
  if (fs::exists(recorded())) return false;
  seg::test::skip("no checkpoint oracles");
  return true;
}

Json json_of(const fs::path& file) {
  std::ifstream stream(file);
  return Json::parse(stream);
}

std::string content(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

struct ToJson {
  Json operator()(const Value::None&) const { return nullptr; }
  Json operator()(const Value::Opaque&) const { throw std::logic_error("opaque"); }
  Json operator()(const at::Tensor&) const { throw std::logic_error("tensor"); }
  Json operator()(const Value::List& list) const {
    Json result = Json::array();
    for (const auto& item : list) result.push_back(std::visit(*this, item.data));
    return result;
  }
  Json operator()(const Value::Dict& dict) const {
    Json result = Json::object();
    for (const auto& [key, item] : dict) {
      result[key.as<std::string>("key")] = std::visit(*this, item.data);
    }
    return result;
  }
  template <typename Plain>
  Json operator()(const Plain& plain) const {
    return plain;
  }
};

Json to_json(const Value& value) { return std::visit(ToJson{}, value.data); }

Value text(const std::string& value) { return Value{value}; }
Value number(std::int64_t value) { return Value{value}; }

// The network that the plan inside of the checkpoint asks for.
std::shared_ptr<net::Network> tiny_network(const Value& checkpoint) {
  const Value* plan = &checkpoint;
  for (const auto* key : {"init_args", "plans", "configurations", "3d_fullres", "architecture"}) {
    plan = plan->find(key);
  }
  const auto& name = plan->find("network_class_name")->as<std::string>("class");
  return net::build_network({name, to_json(*plan->find("arch_kwargs")), Json::array()},
                            {1, 3, true});
}

// Reads whatever it is; anything but a value or seg::Error ends the test.
void read_or_refuse(const fs::path& file) {
  try {
    net::read_checkpoint(file);
  } catch (const Error&) {
  }
}

}  // namespace

TEST_CASE("checkpoints of every kind are read as Python reads them") {
  if (skip()) return;
  for (const auto& item : fs::directory_iterator(recorded())) {
    auto file = item.path();
    if (file.extension() != ".json" || !fs::exists(file.replace_extension())) continue;
    INFO(file);
    const auto entries = json_of(item.path()).at("entries");
    CHECK(test::compare_entries(net::read_checkpoint(file), entries).empty());
  }
}

TEST_CASE("hostile and broken files give an error, and nothing in them runs") {
  if (skip()) return;
  const Json refused = json_of(recorded() / "hostile_and_broken.json").at("files");
  CHECK(refused.size() == 9);
  for (const auto& entry : refused) {
    const auto file = recorded() / entry.at(0).get<std::string>();
    CHECK_THROWS_AS(net::read_checkpoint(file), Error);
  }
  CHECK_FALSE(fs::exists("pwned"));
  CHECK_THROWS_WITH(net::read_checkpoint(recorded() / "hostile_system_zip.pth"),
                    ContainsSubstring("posix.system"));
  CHECK_THROWS_AS(net::read_checkpoint(recorded()), Error);
  CHECK_THROWS_WITH(net::read_checkpoint("none.pth"), ContainsSubstring("none.pth"));
}

TEST_CASE("damaged checkpoints never crash the reader") {
  if (skip()) return;
  const test::TemporaryFolder folder;
  std::mt19937 random(1);
  for (const auto* name : {"dtypes_and_views_zip.pth", "dtypes_and_views_legacy.pth",
                           "stunet_tiny_v1.model.pkl", "hostile_plain.pkl"}) {
    const auto good = content(recorded() / name);
    for (int round = 0; round < 150; ++round) {
      auto bytes = good;
      for (int i = 0; i < 3; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
      if (round % 3 == 0) bytes.resize(random() % bytes.size());
      write(folder / name, bytes);
      read_or_refuse(folder / name);
    }
  }
}

TEST_CASE("what LibTorch says of a damaged zip file is not passed on") {
  const test::TemporaryFolder folder;
  test::write_text(folder / "damaged.pth", std::string("PK\3\4").append(100, 'x'));
  CHECK_THROWS_WITH(net::read_checkpoint(folder / "damaged.pth"),
                    ContainsSubstring("is not a readable checkpoint (it is damaged or cut off)"));
}

TEST_CASE("values that refer to themselves are refused") {
  const test::TemporaryFolder folder;
  const auto file = folder / "endless.pkl";
  SECTION("a list in itself") { write(file, "]q\1h\1a."); }
  SECTION("lists nested a million times") {
    write(file, std::string(1000000, ']') + std::string(999999, 'a') + ".");
  }
  SECTION("lists that double thirty times") {
    std::string program = "]";
    for (int i = 0; i < 30; ++i) program += "q\1h\1\x86";
    write(file, program + ".");
  }
  CHECK_THROWS_AS(net::read_checkpoint(file), Error);
}

TEST_CASE("a small pickle that stands for a huge value is refused") {
  const test::TemporaryFolder folder;
  const auto file = folder / "huge.pkl";
  const auto length = [](std::uint32_t size) {
    return std::string(reinterpret_cast<const char*>(&size), sizeof size);
  };
  const std::string proto = "\x80\4", large(20000, 'a');
  std::string recalled;
  for (int i = 0; i < 80000; ++i) recalled += std::string("h\0", 2);
  const std::string list = std::string("q\0", 2) + "0](" + recalled + "e.";
  SECTION("one text, many times") { write(file, proto + "X" + length(20000) + large + list); }
  SECTION("the same bytes") { write(file, proto + "B" + length(20000) + large + list); }
  SECTION("the same name") { write(file, proto + "ca\n" + large + "\n" + list); }
  SECTION("many sets of one tuple") {
    std::string sets;
    for (int i = 0; i < 20000; ++i) sets += std::string("h\0h\1\x85R", 6);
    write(file, proto + "cbuiltins\nset\n" + std::string("q\0", 2) + "0(" +
                    std::string(60000, 'N') + "tq\1" + "0" + sets + ".");
  }
  CHECK_THROWS_WITH(net::read_checkpoint(file), ContainsSubstring("many times its size"));
}

TEST_CASE("a line break in a pickle's name does not cut the message off") {
  const test::TemporaryFolder folder;
  write(folder / "name.pkl", "\x80\4X\2" + std::string(3, '\0') + "osX\7" + std::string(3, '\0') +
                                 "sys\ntem\x93X\1" + std::string(3, '\0') + "x\x85R.");
  CHECK_THROWS_WITH(net::read_checkpoint(folder / "name.pkl"),
                    ContainsSubstring("os.sys tem") && ContainsSubstring("nothing was executed"));
}

TEST_CASE("what is written is read again, with shared storages shared") {
  const test::TemporaryFolder folder;
  const auto base = at::arange(12, at::kFloat).view({3, 4});
  const Value::Dict state{{number(0), Value{base.t()}}, {number(7), Value{base.slice(0, 1)}}};
  const Value::Dict dict{{text("weights"), Value{state}},
                         {text("epoch"), number(12)},
                         {text("rate"), Value{0.01}},
                         {text("name"), text("Gewicht é")},
                         {text("done"), Value{true}},
                         {text("none"), Value{Value::None{}}},
                         {text("half"), Value{at::ones({2}, at::kBFloat16)}},
                         {text("list"), Value{Value::List{number(1), text("b"), Value{}}}},
                         {text("empty"), Value{Value::Dict{}}}};
  net::write_checkpoint(folder / "new/checkpoint.pth", Value{dict});
  const auto read = net::read_checkpoint(folder / "new/checkpoint.pth");
  const auto& weights = read.find("weights")->as<Value::Dict>("weights");
  const auto& first = weights.at(0).second.as<at::Tensor>("0");
  const auto& second = weights.at(1).second.as<at::Tensor>("7");
  CHECK(weights.at(1).first.as<std::int64_t>("key") == 7);
  CHECK(at::equal(first, base.t()));
  CHECK(at::equal(second, base.slice(0, 1)));
  CHECK(first.storage().data() == second.storage().data());
  CHECK(read.find("epoch")->as<std::int64_t>("epoch") == 12);
  CHECK(read.find("rate")->as<double>("rate") == 0.01);
  CHECK(read.find("name")->as<std::string>("name") == "Gewicht é");
  CHECK(read.find("done")->as<bool>("done"));
  CHECK(std::holds_alternative<Value::None>(read.find("none")->data));
  CHECK(read.find("half")->as<at::Tensor>("half").scalar_type() == at::kBFloat16);
  CHECK(read.find("list")->as<Value::List>("list").size() == 3);
  CHECK(read.find("empty")->is_dict());
  CHECK(read.find("absent") == nullptr);
  CHECK_THROWS_WITH(read.find("name")->as<bool>("field"),
                    ContainsSubstring("field") && ContainsSubstring("a text"));
}

TEST_CASE("a checkpoint that cannot be written leaves nothing behind") {
  const test::TemporaryFolder folder;
  write(folder / "file", "in the way");
  CHECK_THROWS_AS(net::write_checkpoint(folder / "file/checkpoint.pth", number(1)), Error);
  CHECK_THROWS_AS(net::write_checkpoint(folder / "a.pth", Value{Value::Opaque{"x"}}),
                  std::logic_error);
  CHECK_FALSE(fs::exists(folder / "a.pth"));
}

TEST_CASE("the weights of nnU-Net's checkpoint give nnU-Net's answer") {
  if (skip()) return;
  const auto checkpoint = net::read_checkpoint(recorded() / "nnunetv2_tiny.pth");
  const auto expected = json_of(recorded() / "nnunetv2_tiny.pth.json");
  const auto network = tiny_network(checkpoint);
  net::load_state_dict(*network, *checkpoint.find("network_weights"), "nnunetv2_tiny.pth");
  network->eval();
  const auto heads = network->forward(test::filled_input("input", {1, 1, 16, 24, 16}));
  for (const auto& output : expected.at("outputs")) {
    const auto shape = output.at("shape").get<std::vector<std::int64_t>>();
    const auto truth = test::read_npy(recorded() / output.at("file").get<std::string>(), shape);
    const auto& head = heads.at(shape[2] == 16 ? 0 : 1);
    CHECK((head - truth).abs().max().item<double>() < 1e-4);
  }
}
