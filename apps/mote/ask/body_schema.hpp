#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mote::command {

/// One way that a JSON Schema lets a value be.
struct value_form {
    enum class kind { integer, number, boolean, choice, array, object, text, null, any };
    kind is = kind::any;
    /// The schema that says it; null for `any`.
    const boost::json::object* schema = nullptr;
};

/// A JSON Schema (draft 2020-12) of anybody, read as far as a command line needs it: types, members, elements, choices,
/// alternatives and references within the document. What it does not understand is `any`. Its memory is a constant times the
/// text; references and levels are followed to a bound.
class body_schema {
public:
    /// Nothing for a text that is no JSON or no schema.
    static std::optional<body_schema> parse(std::string_view text);

    const boost::json::value& root() const noexcept { return document_; }

    /// All forms of a schema, those that most texts are not first; never empty.
    std::vector<value_form> forms_of(const boost::json::value& schema) const;
    /// The form as an object with members of its own; nothing when it is none.
    std::optional<value_form> object_form(const boost::json::value& schema) const;
    std::optional<value_form> array_form(const boost::json::value& schema) const;

    // Of a form that is an object.

    static const boost::json::object& properties(const value_form& object);
    static std::vector<std::string> required(const value_form& object);
    /// The schema of members that it does not name; null when there are none.
    static const boost::json::value* other_members(const value_form& object);

    /// The schema of an element of an array.
    static const boost::json::value& element(const value_form& array, std::size_t index);

private:
    explicit body_schema(boost::json::value document) : document_(std::move(document)) {}
    void add_forms(const boost::json::value& schema, std::size_t level, std::size_t& visits,
                   std::vector<value_form>& forms) const;
    const boost::json::value* resolved(const boost::json::value& schema) const;

    boost::json::value document_;
};

/// `INTEGER 0..255`, `story|job`, `TEXT`, ...
std::string shown(const value_form& form);
/// Of all, without null.
std::string shown(const std::vector<value_form>& forms);

/// The value that a text is in this form; nothing when it is none.
std::optional<boost::json::value> value_of(const value_form& form, std::string_view text);

}  // namespace mote::command
