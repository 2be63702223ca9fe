#pragma once

#include <apps/mote/ask/body_schema.hpp>
#include <apps/mote/ask/commands.hpp>

#include <boost/json/object.hpp>

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// What one flag is, for people.
struct flag_description {
    std::string name{};   ///< `--customer.name`, as it is to be written
    std::string value{};  ///< `INTEGER 0..255`
    bool required = false;
    bool repeats = false;  ///< once for each element
    std::string description{};
};

/// The members of an endpoint's body as flags of a command line: `--id 3 --customer.name X --tags a --tags b`. Made from the
/// JSON Schema of the body; a member that is called like an option of the command has a dot before its name.
class body_flags {
public:
    /// `endpoint` is for people. Throws `failure` (usage) for a body that has no members.
    body_flags(std::string endpoint, std::string_view schema, const std::vector<std::string>& own_options);

    /// All of them, in the order of the schema; members of what refers to itself are left out, and so are more than 1,000.
    std::vector<flag_description> list() const;
    /// True for a member of that name at the root.
    bool has(std::string_view name) const;
    /// True when a body without members lacks nothing.
    bool all_optional() const;
    /// The body. Throws `failure` (usage) for a flag that is not there, a value that is none for it, and for those that are
    /// required and missing.
    boost::json::object make(const std::vector<body_flag>& given) const;

private:
    using path = std::vector<const boost::json::object*>;

    std::string flag(std::string_view name) const;
    void list(const value_form& object, const std::string& prefix, bool required, path& within, std::size_t& objects,
              std::vector<flag_description>& into) const;
    flag_description described(const boost::json::value& schema, const std::string& name, bool required) const;
    void set(const boost::json::value& schema, std::string_view rest, const body_flag& given, boost::json::value& into,
             bool& is_new) const;
    void set_member(const value_form& object, std::string_view rest, const body_flag& given, boost::json::value& into,
                    bool& is_new) const;
    void set_value(const boost::json::value& schema, const body_flag& given, boost::json::value& into,
                   bool& is_new) const;
    void add_missing(const boost::json::value& schema, const std::string& prefix, std::size_t level,
                     boost::json::value& into, std::vector<std::string>& missing) const;
    [[noreturn]] void refuse_unknown(const body_flag& given) const;
    [[noreturn]] void refuse_value(const body_flag& given, const std::string& expected) const;

    std::string endpoint_;
    body_schema schema_;
    value_form root_;
    std::set<std::string, std::less<>> own_options_;
};

}  // namespace mote::command
