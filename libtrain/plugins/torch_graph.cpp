#include "torch_graph.hpp"

#include <numeric>
#include <openvino/core/graph_util.hpp>
#include <openvino/frontend/pytorch/decoder.hpp>
#include <openvino/frontend/pytorch/frontend.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/group_normalization.hpp>
#include <openvino/op/multiply.hpp>
#include <openvino/op/mvn.hpp>
#include <openvino/op/reshape.hpp>
#include <openvino/op/util/framework_node.hpp>
#include <set>
#include <sstream>

namespace seg::train {
namespace {

using ov::frontend::pytorch::TorchDecoder;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;
namespace type = ov::frontend::type;

/// As OpenVINO's frontend for PyTorch tells types apart.
ov::Any type_of(const c10::Type& type) {
  switch (type.kind()) {
    case c10::TypeKind::TensorType: {
      const auto scalar = type.expectRef<c10::TensorType>().scalarType();
      return type::Tensor(scalar ? element_of(*scalar) : ov::element::dynamic);
    }
    case c10::TypeKind::IntType:
      return type::PyScalar(ov::element::i64);
    case c10::TypeKind::FloatType:
      return type::PyScalar(ov::element::f32);
    case c10::TypeKind::BoolType:
      return type::PyScalar(ov::element::boolean);
    case c10::TypeKind::ListType:
      return type::List(type_of(*type.expectRef<c10::ListType>().getElementType()));
    case c10::TypeKind::StringType:
    case c10::TypeKind::DeviceObjType:
      return type::Str();
    case c10::TypeKind::NoneType:
      return type::PyNone();
    default:
      return ov::element::dynamic;
  }
}

std::shared_ptr<ov::Node> constant_of(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();  // weights lie so
  const ov::Shape shape(values.sizes().begin(), values.sizes().end());
  return std::make_shared<ov::op::v0::Constant>(
      ov::Tensor(element_of(values.scalar_type()), shape, values.data_ptr()));
}

template <typename T>
std::shared_ptr<ov::Node> scalar_of(ov::element::Type type, T value) {
  return ov::op::v0::Constant::create(type, ov::Shape{}, {value});
}

/// Nothing for what has no number, such as a text.
ov::OutputVector constant_of(const c10::IValue& value) {
  if (value.isTensor()) return constant_of(value.toTensor())->outputs();
  if (value.isInt()) return scalar_of(ov::element::i64, value.toInt())->outputs();
  if (value.isDouble()) return scalar_of(ov::element::f32, value.toDouble())->outputs();
  if (value.isBool()) return scalar_of(ov::element::boolean, value.toBool())->outputs();
  return {};
}

std::vector<std::size_t> numbers_of(at::ArrayRef<const Value*> values) {
  std::vector<std::size_t> numbers;
  for (const Value* value : values) numbers.push_back(value->unique());
  return numbers;
}

/// The graph as a whole, or one operation in it, as the frontend asks for it.
class Decoder : public TorchDecoder {
 public:
  Decoder(const Graph& graph, ov::PartialShape shape)
      : graph_(&graph),
        shape_(std::move(shape)),
        inputs_of_(graph.inputs()),
        outputs_of_(graph.outputs()) {
    describe();
  }
  explicit Decoder(const Node& node)
      : node_(&node), inputs_of_(node.inputs()), outputs_of_(node.outputs()) {
    describe();
    kind_ = node.kind().toQualString();
    std::ostringstream schema;
    if (node.maybeSchema()) schema << node.schema();
    schema_ = schema.str();
    if (is_constant() && value().isString()) text_ = value().toStringRef();
  }

  const std::vector<std::size_t>& inputs() const override { return inputs_; }
  const std::string& get_input_debug_name(std::size_t i) const override { return names_in_.at(i); }
  const std::string& get_input_signature_name(std::size_t i) const override {
    return names_in_.at(i);
  }
  ov::PartialShape get_input_shape(std::size_t /*index*/) const override { return shape_; }
  const std::vector<std::size_t>& get_input_strides(std::size_t /*index*/) const override {
    return none_;
  }
  ov::Any get_input_type(std::size_t i) const override {
    return type_of(*inputs_of_.at(i)->type());
  }
  bool input_is_none(std::size_t i) const override {
    return i >= inputs_of_.size() || inputs_of_[i]->mustBeNone();
  }
  bool is_input_inlined(std::size_t /*index*/) const override { return false; }
  std::shared_ptr<TorchDecoder> get_inlined_input_decoder(std::size_t /*index*/) const override {
    return {};
  }

  const std::vector<std::size_t>& outputs() const override { return outputs_; }
  std::size_t output(std::size_t i) const override { return outputs_.at(i); }
  std::size_t num_of_outputs() const override { return outputs_.size(); }
  std::size_t output_list_size() const override { return 0; }
  const std::string& get_output_debug_name(std::size_t i) const override {
    return names_out_.at(i);
  }
  ov::PartialShape get_output_shape(std::size_t /*index*/) const override {
    return ov::PartialShape::dynamic();
  }
  ov::Any get_output_type(std::size_t i) const override {
    return type_of(*outputs_of_.at(i)->type());
  }
  /// In-place operations are recorded as others.
  bool may_produce_alias(std::size_t /*input*/, std::size_t /*output*/) const override {
    return false;
  }

  ov::Any const_input(std::size_t /*index*/) const override { return {}; }
  ov::OutputVector as_constant() const override {
    return is_constant() ? constant_of(value()) : ov::OutputVector{};
  }
  const std::string& as_string() const override { return text_; }
  ov::OutputVector try_decode_get_attr() const override { return {}; }

  const std::string& get_op_type() const override { return kind_; }
  const std::string& get_schema() const override { return schema_; }
  const std::string& decoder_type_name() const override { return kind_of_decoder_; }
  ov::Any get_attribute(const std::string& /*name*/) const override { return {}; }
  std::size_t get_named_input(const std::string& name) const override {
    throw std::runtime_error("no input is called " + name);
  }
  ov::frontend::pytorch::DecoderRTInfo get_rt_info() const override { return {}; }
  std::shared_ptr<ov::Node> mark_node(std::shared_ptr<ov::Node> node) const override {
    return node;
  }
  bool has_converter() const override { return false; }
  ov::OutputVector convert(const ov::frontend::NodeContext* /*context*/) const override {
    return {};
  }

  /// Nothing that is recorded has a block of its own.
  std::size_t get_subgraph_size() const override { return graph_ ? 1 : 0; }
  std::shared_ptr<TorchDecoder> get_subgraph_decoder(std::size_t /*index*/) const override {
    return {};
  }
  void visit_subgraph(std::function<void(std::shared_ptr<TorchDecoder>)> visit) const override {
    for (const Node* node : graph_->nodes()) visit(std::make_shared<Decoder>(*node));
  }

 private:
  void describe() {
    inputs_ = numbers_of(inputs_of_);
    outputs_ = numbers_of(outputs_of_);
    for (const Value* value : inputs_of_) names_in_.push_back(value->debugName());
    for (const Value* value : outputs_of_) names_out_.push_back(value->debugName());
  }
  bool is_constant() const { return node_ && node_->kind() == c10::prim::Constant; }
  c10::IValue value() const { return torch::jit::toIValue(outputs_of_[0]).value_or(c10::IValue()); }

  const Graph* graph_ = nullptr;
  const Node* node_ = nullptr;
  ov::PartialShape shape_ = ov::PartialShape::dynamic();
  at::ArrayRef<const Value*> inputs_of_, outputs_of_;
  std::vector<std::size_t> inputs_, outputs_, none_;
  std::vector<std::string> names_in_, names_out_;
  std::string kind_, schema_, text_, kind_of_decoder_ = "ts";
};

std::string unknown_operations(const ov::Model& model) {
  std::set<std::string> names;  // also of constants that nothing took, but behind the operations'
  for (const auto& node : model.get_ops()) {
    const auto unknown = std::dynamic_pointer_cast<ov::op::util::FrameworkNode>(node);
    if (unknown) names.insert(unknown->get_attrs().at("PtTypeName"));
  }
  return names.empty() ? "" : *names.begin();
}

/// A scale or shift per channel [C], for features [1, C, (Z,) Y, X].
ov::Output<ov::Node> per_channel(const ov::Output<ov::Node>& values, std::size_t axes) {
  std::vector<std::int64_t> shape(axes + 1, 1);
  shape[0] = -1;
  return std::make_shared<ov::op::v1::Reshape>(
      values, ov::op::v0::Constant::create(ov::element::i64, {shape.size()}, shape), false);
}

/// A group norm with one channel in a group by the operation for instance norms.
void replace_by_instance_norm(const std::shared_ptr<ov::op::v12::GroupNormalization>& norm) {
  const auto x = norm->input_value(0);
  const std::size_t space = x.get_partial_shape().size() - 2;
  std::vector<std::int64_t> axes(space);
  std::iota(axes.begin(), axes.end(), 2);
  const auto normed = std::make_shared<ov::op::v6::MVN>(
      x, ov::op::v0::Constant::create(ov::element::i64, {space}, axes), true,
      static_cast<float>(norm->get_epsilon()), ov::op::MVNEpsMode::INSIDE_SQRT);
  const auto scaled =
      std::make_shared<ov::op::v1::Multiply>(normed, per_channel(norm->input_value(1), space));
  ov::replace_node(
      norm, std::make_shared<ov::op::v1::Add>(scaled, per_channel(norm->input_value(2), space)));
}

/// OpenVINO 2026.4 crashes when it compiles some sums behind group norms of single channels.
void replace_instance_norms(const ov::Model& model) {
  for (const auto& node : model.get_ops()) {
    const auto norm = ov::as_type_ptr<ov::op::v12::GroupNormalization>(node);
    if (norm && norm->get_num_groups() == norm->get_input_partial_shape(0)[1].get_length())
      replace_by_instance_norm(norm);
  }
}

}  // namespace

ov::element::Type element_of(at::ScalarType scalar) {
  switch (scalar) {
    case at::kFloat:
      return ov::element::f32;
    case at::kBFloat16:
      return ov::element::bf16;
    case at::kDouble:
      return ov::element::f64;
    case at::kLong:
      return ov::element::i64;
    case at::kInt:
      return ov::element::i32;
    case at::kBool:
      return ov::element::boolean;
    default:
      return ov::element::dynamic;
  }
}

std::shared_ptr<ov::Model> model_of(const Graph& graph, const ov::Shape& shape) {
  const std::shared_ptr<ov::frontend::IDecoder> decoder = std::make_shared<Decoder>(graph, shape);
  ov::frontend::pytorch::FrontEnd frontend;
  auto model = frontend.convert_partially(frontend.load(decoder));
  if (const std::string unknown = unknown_operations(*model); !unknown.empty())
    throw std::runtime_error("OpenVINO does not know " + unknown);
  replace_instance_norms(*model);
  return model;
}

}  // namespace seg::train
