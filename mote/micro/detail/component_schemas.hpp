#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mote::micro::detail {

/// The `components/schemas` of an OpenAPI document: takes JSON Schemas in, one at a time, with their definitions.
class component_schemas {
public:
    /// What stands for the schema where it is used; null when it cannot be taken in, and `problem` says why. A definition
    /// gets its own name where that is free, else `<owner>.<name>`; a schema that refers to itself as a whole gets `<owner>`.
    boost::json::value add(std::string_view text, const std::string& owner, std::string& problem);
    /// One of our own, under a name that is free.
    void add_own(std::string_view name, boost::json::value schema);

    const boost::json::object& all() const noexcept { return all_; }

private:
    struct part;
    using parts = std::vector<part>;
    using identity = std::pair<std::string, std::vector<std::size_t>>;

    void find_references(parts& all, std::string& problem) const;
    identity identity_of(const parts& all, std::size_t at);
    std::string component_of(parts& all, std::size_t at, const std::string& owner, bool& is_new);
    std::string free_name(std::string_view wanted, const std::string& owner) const;

    boost::json::object all_;
    std::map<std::pair<std::string, std::string>, std::size_t> texts_;  // of definitions, by name
    std::map<identity, std::string> names_;                             // of definitions that are there
};

}  // namespace mote::micro::detail
