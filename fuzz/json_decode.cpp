#include <fuzz/target.hpp>

#include <mote/json/decode.hpp>
#include <mote/json/encode.hpp>

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <variant>
#include <vector>

/// Any text, into a structure that has a member of each form.
namespace mote::fuzz {
namespace {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

struct point {
    std::int16_t x = 0, y = 0;
    std::optional<std::string> name;

    friend bool operator==(const point&, const point&) = default;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y, name))

struct circle {
    point centre;
    double radius = 1;

    friend bool operator==(const circle&, const circle&) = default;
};
BOOST_DESCRIBE_STRUCT(circle, (), (centre, radius))

struct drawing {
    std::optional<bool> flag;
    std::optional<std::int64_t> least;
    std::optional<std::uint64_t> most;
    std::optional<std::uint8_t> small;
    std::optional<double> number;
    std::optional<float> single;
    std::optional<std::string> text;
    std::optional<colour> paint;
    std::optional<std::chrono::sys_time<std::chrono::microseconds>> time;
    std::optional<std::chrono::milliseconds> span;
    std::optional<std::array<int, 2>> two;
    std::optional<std::tuple<bool, std::string>> mixed;
    std::optional<std::variant<std::monostate, std::int64_t, double, colour, std::string, circle, point>> one_of;
    std::vector<drawing> parts;
    std::map<std::string, std::vector<bool>> named;
    std::map<std::int8_t, std::set<colour>> numbered;
    std::map<colour, point> painted;
    std::optional<boost::json::value> any;
    std::optional<json::raw> raw;

    friend bool operator==(const drawing&, const drawing&) = default;
};
BOOST_DESCRIBE_STRUCT(drawing, (),
                      (flag, least, most, small, number, single, text, paint, time, span, two, mixed, one_of, parts,
                       named, numbered, painted, any, raw))

/// The value, or nothing when the text is refused; then with a path and a text that can be shown.
template <class T>
std::optional<T> decoded(std::string_view text, std::size_t max_depth, boost::system::error_code& code) {
    try {
        return json::decode<T>(text, {.max_depth = max_depth});
    } catch (const json::decode_error& refused) {
        code = refused.code();
        require(code.category() == json::json_category(), "an error of another kind");
        const std::string_view what = refused.what();
        require(!what.empty() && what.starts_with(refused.path()), "an error that does not begin with its path");
        json::encode(what);
        return std::nullopt;
    }
}

void check_structure(std::string_view text) {
    boost::system::error_code code;
    const auto value = decoded<drawing>(text, 32, code);
    if (!value) return;
    const std::string written = json::encode(*value);
    const auto again = decoded<drawing>(written, 32, code);
    require(again && *again == *value, "what was written is read as another value");
    require(json::encode(*again) == written, "the same value is written in two ways");
}

/// All readers of JSON agree on what it is.
void check_syntax(std::string_view text) {
    constexpr std::size_t depth = 1000;
    boost::system::error_code code, value_code, other;
    const auto raw = decoded<json::raw>(text, depth, code);
    const auto value = decoded<boost::json::value>(text, depth, value_code);
    require(raw.has_value() == value.has_value() || value_code == json::errc::out_of_range,
            "skipped is not checked alike");
    if (code == json::errc::too_deep) return;
    boost::json::parse_options options;
    options.max_depth = depth;
    boost::json::parse({text.data(), text.size()}, other, {}, options);
    if (other != boost::json::error::exponent_overflow)
        require(raw.has_value() == !other.failed(), "Boost.JSON says otherwise");
    if (!value) return;
    const std::string written = json::encode(*value);
    const auto again = decoded<boost::json::value>(written, depth, code);
    require(again && json::encode(*again) == written, "a value that is written in two ways");
}

}  // namespace

int json_decode(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    check_structure(text);
    check_syntax(text);
    return 0;
}

}  // namespace mote::fuzz
