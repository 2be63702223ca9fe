#include <apps/mote/look/pretty_json.hpp>

#include <apps/mote/json_output.hpp>
#include <apps/mote/text.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <utility>

namespace mote::command {
namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 64;
constexpr std::size_t longest_on_one_line = 60;

bool is_leaf(const json::value& value) { return !value.is_object() && !value.is_array(); }

bool has_only_leaves(const json::value& value) {
    if (value.is_array()) return std::ranges::all_of(value.get_array(), is_leaf);
    return value.is_object() &&
           std::ranges::all_of(value.get_object(), [](const auto& member) { return is_leaf(member.value()); });
}

class json_printer {
public:
    explicit json_printer(const terminal& reader) : reader_(reader) {}

    void print(const json::value& value, std::size_t indent) {
        if (is_leaf(value) || (has_only_leaves(value) && print_on_one_line(value, indent))) return print_leaf(value);
        text_ += value.is_object() ? "{" : "[";
        const std::string start = "\n" + std::string(indent + 2, ' ');
        bool first = true;
        const auto begin_next = [&] { text_ += (std::exchange(first, false) ? "" : ",") + start; };
        if (value.is_object()) {
            for (const auto& member : value.get_object()) {
                begin_next();
                print_name(member.key());
                print(member.value(), indent + 2);
            }
        } else {
            for (const auto& element : value.get_array()) {
                begin_next();
                print(element, indent + 2);
            }
        }
        text_ += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
    }
    std::string take() && { return std::move(text_); }

private:
    /// Also for what is empty. A value with only leaves is printed by `print_leaf`.
    static bool print_on_one_line(const json::value& value, std::size_t indent) {
        return indent + json::serialize(value).size() <= longest_on_one_line;
    }
    void print_name(json::string_view name) {
        text_ += reader_.bold(printable(json::serialize(json::string(name)))) + ": ";
    }
    /// A leaf, or what has only leaves.
    void print_leaf(const json::value& value) {
        if (is_leaf(value)) {
            text_ += printable(json::serialize(value));
            return;
        }
        text_ += value.is_object() ? "{" : "[";
        bool first = true;
        const auto divide = [&] { text_ += std::exchange(first, false) ? "" : ", "; };
        if (value.is_object()) {
            for (const auto& member : value.get_object()) {
                divide();
                print_name(member.key());
                print_leaf(member.value());
            }
        } else {
            for (const auto& element : value.get_array()) {
                divide();
                print_leaf(element);
            }
        }
        text_ += value.is_object() ? "}" : "]";
    }

    const terminal& reader_;
    std::string text_;
};

}  // namespace

std::optional<json::value> parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = deepest;
    boost::system::error_code failed;
    auto value = json::parse(valid_json(text), failed, {}, options);
    if (failed) return std::nullopt;
    return value;
}

std::string pretty_json(std::string_view text, const terminal& reader) {
    const auto value = parse_json(text);
    if (!value) return printable(text);
    json_printer printer(reader);
    printer.print(*value, 0);
    return std::move(printer).take();
}

}  // namespace mote::command
