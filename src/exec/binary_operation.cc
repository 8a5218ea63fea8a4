#include "exec/binary_operation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/hash_map.h"
#include "exec/grouping.h"
#include "exec/series_table.h"
#include "logql/evaluate.h"

namespace cordwood::exec {
namespace {

using logql::BinaryOp;
using Cardinality = logql::VectorMatching::Cardinality;

// The value of `left op right`, or absent() where a filtering comparison does not hold. `kept` is what it keeps.
double merge_values(const logql::BinaryOperation& operation, double left, double right, double kept) {
  const double result = logql::evaluate(operation.op, left, right);
  if (!is_comparison(operation.op) || operation.return_bool) return result;
  return result != 0 ? kept : absent();
}

core::Labels signature(const core::Labels& labels, const logql::VectorMatching& matching) {
  if (matching.on) return keep_labels(labels, matching.labels);
  if (matching.labels.empty()) return labels;
  return drop_labels(labels, matching.labels);
}

// For each row the number of its signature.
std::vector<std::uint32_t> number_signatures(const Matrix& matrix, const logql::VectorMatching& matching,
                                             SeriesTable& signatures) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(matrix.rows.size());
  for (const MatrixRow& row : matrix.rows) numbers.push_back(signatures.intern(signature(row.labels, matching)));
  return numbers;
}

// --- set operators ---------------------------------------------------------------------------------------------------

// by signature and step: whether some row has a point
std::vector<std::vector<bool>> presence(const Matrix& matrix, const std::vector<std::uint32_t>& numbers,
                                        std::size_t signatures) {
  std::vector<std::vector<bool>> present(signatures);
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    std::vector<bool>& steps = present[numbers[row]];
    steps.resize(matrix.steps);
    for (std::size_t step = 0; step < matrix.steps; ++step) {
      if (!is_absent(matrix.rows[row].values[step])) steps[step] = true;
    }
  }
  return present;
}

// Keeps the points whose signature is (or is not) present in the other matrix.
void filter_by_presence(Matrix& matrix, const std::vector<std::uint32_t>& numbers,
                        const std::vector<std::vector<bool>>& present, bool wanted) {
  for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
    const std::vector<bool>& steps = present[numbers[row]];
    for (std::size_t step = 0; step < matrix.steps; ++step) {
      const bool there = !steps.empty() && steps[step];
      if (there != wanted) matrix.rows[row].values[step] = absent();
    }
  }
}

void drop_empty_rows(Matrix& matrix) {
  std::erase_if(matrix.rows, [](const MatrixRow& row) { return !row.any(); });
}

Matrix combine_sets(const logql::BinaryOperation& operation, Matrix left, Matrix right) {
  SeriesTable signatures;
  const auto left_numbers = number_signatures(left, operation.matching, signatures);
  const auto right_numbers = number_signatures(right, operation.matching, signatures);
  if (operation.op == BinaryOp::kOr) {
    filter_by_presence(right, right_numbers, presence(left, left_numbers, signatures.size()), false);
    drop_empty_rows(right);
    for (MatrixRow& row : right.rows) left.rows.push_back(std::move(row));
    return left;
  }
  filter_by_presence(left, left_numbers, presence(right, right_numbers, signatures.size()),
                     operation.op == BinaryOp::kAnd);
  drop_empty_rows(left);
  return left;
}

// --- arithmetic and comparisons
// ----------------------------------------------------------------------------------------

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// by signature and step: the row of the "one" side that has a point
base::StatusOr<std::vector<std::vector<std::size_t>>> unique_rows(const Matrix& one,
                                                                  const std::vector<std::uint32_t>& numbers,
                                                                  std::size_t signatures, std::string_view side) {
  std::vector<std::vector<std::size_t>> rows(signatures);
  for (std::size_t row = 0; row < one.rows.size(); ++row) {
    std::vector<std::size_t>& steps = rows[numbers[row]];
    steps.resize(one.steps, kNone);
    for (std::size_t step = 0; step < one.steps; ++step) {
      if (is_absent(one.rows[row].values[step])) continue;
      if (steps[step] != kNone) {
        return base::internal_error(
            "found duplicate series on the {} hand-side;many-to-many matching not allowed: matching labels must be "
            "unique on one side",
            side);
      }
      steps[step] = row;
    }
  }
  return rows;
}

core::Labels result_labels(const core::Labels& many, const core::Labels& one, const logql::VectorMatching& matching) {
  core::Labels base = many;
  if (matching.cardinality == Cardinality::kOneToOne) {
    base = matching.on ? keep_labels(many, matching.labels) : drop_labels(many, matching.labels);
  }
  if (matching.include.empty()) return base;
  const core::Labels rest = drop_labels(base, matching.include);
  std::vector<core::Label> labels(rest.all().begin(), rest.all().end());
  for (const std::string& name : matching.include) {
    const std::string_view value = one.get(name);
    if (!value.empty()) labels.push_back({name, std::string(value)});
  }
  return core::Labels(std::move(labels));
}

// Joins the rows of the "many" side, one after the other, with what unique_rows found.
class Join {
 public:
  Join(const logql::BinaryOperation& operation, const Matrix& many, const Matrix& one)
      : operation_(operation), many_(many), one_(one) {
    output_.steps = many.steps;
  }

  base::Status add_row(std::size_t many_row, std::uint32_t signature, const std::vector<std::size_t>& one_rows) {
    const std::size_t first_output = output_.rows.size();
    pairs_.clear();
    for (std::size_t step = 0; step < many_.steps; ++step) {
      const double value = many_.rows[many_row].values[step];
      if (is_absent(value) || one_rows.empty() || one_rows[step] == kNone) continue;
      const std::size_t row = output_row(many_row, one_rows[step], first_output);
      RETURN_IF_ERROR(claim(signature, row, step));
      const double other = one_.rows[one_rows[step]].values[step];
      const bool swapped = operation_.matching.cardinality == Cardinality::kOneToMany;
      const double left = swapped ? other : value;
      const double right = swapped ? value : other;
      output_.rows[row].values[step] = merge_values(operation_, left, right, left);
    }
    return base::ok_status();
  }
  Matrix take() {
    drop_empty_rows(output_);
    return std::move(output_);
  }

 private:
  // Labels depend on the partner only through group_left(labels), so that mostly one row is enough.
  std::size_t output_row(std::size_t many_row, std::size_t one_row, std::size_t first_output) {
    const std::size_t partner = operation_.matching.include.empty() ? 0 : one_row;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      if (pairs_[i] == partner) return first_output + i;
    }
    pairs_.push_back(partner);
    output_.rows.push_back({result_labels(many_.rows[many_row].labels, one_.rows[one_row].labels, operation_.matching),
                            std::vector<double>(many_.steps, absent())});
    output_ids_.push_back(output_labels_.intern(output_.rows.back().labels));
    return output_.rows.size() - 1;
  }

  // Each signature may be matched once a step; with group_left or group_right, once for each resulting label set.
  base::Status claim(std::uint32_t signature, std::size_t row, std::size_t step) {
    const bool one_to_one = operation_.matching.cardinality == Cardinality::kOneToOne;
    const std::uint64_t id = one_to_one ? 0 : std::uint64_t{output_ids_[row]} + 1;
    std::vector<bool>& steps = claimed_[(std::uint64_t{signature} << 32) | id];
    steps.resize(many_.steps);
    if (!steps[step]) {
      steps[step] = true;
      return base::ok_status();
    }
    if (one_to_one) {
      return base::internal_error(
          "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
    }
    return base::internal_error("multiple matches for labels: grouping labels must ensure unique matches");
  }

  const logql::BinaryOperation& operation_;
  const Matrix& many_;
  const Matrix& one_;
  Matrix output_;
  SeriesTable output_labels_;
  std::vector<std::uint32_t> output_ids_;  // by row of output_
  std::vector<std::size_t> pairs_;         // partners of the current row
  base::IntegerMap<std::uint64_t, std::vector<bool>> claimed_;
};

}  // namespace

Matrix combine_with_scalar(const logql::BinaryOperation& operation, Matrix vector, double scalar, bool scalar_is_left) {
  for (MatrixRow& row : vector.rows) {
    for (double& value : row.values) {
      if (is_absent(value)) continue;
      const double left = scalar_is_left ? scalar : value;
      const double right = scalar_is_left ? value : scalar;
      value = merge_values(operation, left, right, value);
    }
  }
  drop_empty_rows(vector);
  return vector;
}

base::StatusOr<Matrix> combine(const logql::BinaryOperation& operation, Matrix left, Matrix right) {
  CHECK(left.steps == right.steps);
  if (is_set_operator(operation.op)) return combine_sets(operation, std::move(left), std::move(right));
  const bool swapped = operation.matching.cardinality == Cardinality::kOneToMany;
  const Matrix& many = swapped ? right : left;
  const Matrix& one = swapped ? left : right;
  SeriesTable signatures;
  const auto many_numbers = number_signatures(many, operation.matching, signatures);
  const auto one_numbers = number_signatures(one, operation.matching, signatures);
  ASSIGN_OR_RETURN(const auto one_rows, unique_rows(one, one_numbers, signatures.size(), swapped ? "left" : "right"));
  Join join(operation, many, one);
  for (std::size_t row = 0; row < many.rows.size(); ++row) {
    RETURN_IF_ERROR(join.add_row(row, many_numbers[row], one_rows[many_numbers[row]]));
  }
  return join.take();
}

}  // namespace cordwood::exec
