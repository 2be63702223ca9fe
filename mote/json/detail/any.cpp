#include <mote/json/detail/number.hpp>
#include <mote/json/detail/reader.hpp>
#include <mote/json/detail/writer.hpp>

#include <boost/json/value.hpp>
#include <limits>

/// `boost::json::value`, where the C++ type is not known.
namespace mote::json::detail {
namespace {

bool read_number(const number_text& number, boost::json::value& value) {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t bits = 0;
    if (number.integer &&
        integer_within(number, std::numeric_limits<std::int64_t>::min(), most, bits) == range_fit::fits) {
        if (number.negative || bits <= most / 2)
            value = static_cast<std::int64_t>(bits);
        else
            value = bits;
        return true;
    }
    return nearest(number, value.emplace_double());
}

}  // namespace

bool reader::any(boost::json::value& value) {
    switch (peek()) {
        case kind::null: value.emplace_null(); return null();
        case kind::boolean: return boolean(value.emplace_bool());
        case kind::number: {
            const auto found = scan_number(rest());
            if (!found) return fail_syntax("a number");
            if (!read_number(*found, value)) return fail_range("a number within the range of a double", found->all);
            at_ += found->all.size();
            return true;
        }
        case kind::string: {
            std::string_view found;
            if (!view(found)) return false;
            value.emplace_string().assign(found.data(), found.size());
            return true;
        }
        case kind::array:
            return array(sizeof(boost::json::value), &value.emplace_array(), [](reader& in, void* into, std::size_t) {
                return in.any(static_cast<boost::json::array*>(into)->emplace_back(nullptr));
            });
        case kind::object:
            return object(sizeof(boost::json::key_value_pair), &value.emplace_object(),
                          [](reader& in, void* into, std::string_view name) {
                              return in.any((*static_cast<boost::json::object*>(into))[name]);
                          });
        case kind::none: break;
    }
    return fail_syntax("a value");
}

void writer::any(const boost::json::value& value) {
    switch (value.kind()) {
        case boost::json::kind::null: return null();
        case boost::json::kind::bool_: return boolean(value.get_bool());
        case boost::json::kind::int64: return integer(value.get_int64());
        case boost::json::kind::uint64: return integer(value.get_uint64());
        case boost::json::kind::double_: {
            const std::size_t begin = out_.size();
            number(value.get_double());
            // Without it, it would be read as an integer.
            if (out_.find_first_of(".e", begin) == std::string::npos) out_ += ".0";
            return;
        }
        case boost::json::kind::string: return text({value.get_string().data(), value.get_string().size()});
        case boost::json::kind::array: {
            open('[');
            {
                place here(here_);
                std::size_t index = 0;
                for (const auto& each : value.get_array()) {
                    element(here, index++);
                    any(each);
                }
            }
            return close(']');
        }
        case boost::json::kind::object: {
            open('{');
            {
                place here(here_);
                for (const auto& each : value.get_object()) {
                    key(here, {each.key().data(), each.key().size()});
                    any(each.value());
                }
            }
            return close('}');
        }
    }
}

}  // namespace mote::json::detail
