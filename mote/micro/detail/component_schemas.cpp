#include <mote/micro/detail/component_schemas.hpp>

#include <mote/micro/detail/json_schema.hpp>

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace mote::micro::detail {
namespace {

constexpr std::size_t most_definitions = 500;
constexpr std::size_t longest_name = 128;

/// As OpenAPI has them.
std::string component_name(std::string_view text) {
    std::string name(text.substr(0, longest_name));
    for (char& c : name) {
        const bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                          c == '_' || c == '-';
        if (!fine) c = '_';
    }
    return name.empty() ? "schema" : name;
}

std::string shown(std::string_view reference) { return "\"" + std::string(reference.substr(0, longest_name)) + "\""; }

}  // namespace

/// The schema itself (the first) or one of its definitions.
struct component_schemas::part {
    std::string name{};
    boost::json::value schema{};
    std::string text{};              // as it came
    std::set<std::size_t> refers{};  // to these parts
    std::set<std::size_t> is{};      // those of them that have to hold for the very same value
    std::string component{};         // empty: it is none
};

namespace {

/// The parts that can be got to from one, in order; itself only when there is a way back.
template <class Parts, class Edges>
std::set<std::size_t> reached(const Parts& all, std::size_t from, Edges edges) {
    std::set<std::size_t> found;
    std::vector<std::size_t> open{from};
    while (!open.empty()) {
        const auto at = open.back();
        open.pop_back();
        for (const auto next : all[at].*edges)
            if (found.insert(next).second) open.push_back(next);
    }
    return found;
}

}  // namespace

void component_schemas::find_references(parts& all, std::string& problem) const {
    std::map<std::string, std::size_t, std::less<>> by_name;
    for (std::size_t at = 1; at < all.size(); ++at) by_name.emplace(all[at].name, at);
    std::string name;
    for (part& each : all)
        visit_references(each.schema, [&](boost::json::string& reference, bool in_place) {
            std::size_t to = 0;
            if (reference != "#") {
                const bool is_local = read_reference(reference, name);
                const auto found = is_local ? by_name.find(name) : by_name.end();
                if (found == by_name.end()) {
                    problem = "it refers to " + shown(reference) + ", which is none of its definitions";
                    return;
                }
                to = found->second;
            }
            each.refers.insert(to);
            if (in_place) each.is.insert(to);
        });
    for (std::size_t at = 0; at < all.size() && problem.empty(); ++at)
        if (reached(all, at, &part::is).contains(at)) problem = "a definition of it is itself";
}

/// Two definitions are one when they and all that they refer to have the same names and texts.
component_schemas::identity component_schemas::identity_of(const parts& all, std::size_t at) {
    auto involved = reached(all, at, &part::refers);
    involved.insert(at);
    identity made{all[at].name, {}};
    for (const auto each : involved) {
        const auto number = texts_.size();
        made.second.push_back(texts_.try_emplace({all[each].name, all[each].text}, number).first->second);
    }
    std::ranges::sort(made.second);
    return made;
}

std::string component_schemas::free_name(std::string_view wanted, const std::string& owner) const {
    auto plain = component_name(wanted);
    if (!all_.contains(plain)) return plain;
    const auto owned = component_name(owner + "." + plain);
    auto name = owned;
    for (std::size_t number = 2; all_.contains(name); ++number) name = owned + "_" + std::to_string(number);
    return name;
}

std::string component_schemas::component_of(parts& all, std::size_t at, const std::string& owner, bool& is_new) {
    auto same = identity_of(all, at);
    if (const auto found = names_.find(same); found != names_.end()) return found->second;
    is_new = true;
    auto name = free_name(at == 0 ? owner : all[at].name, owner);
    all_[name] = nullptr;  // taken
    names_.emplace(std::move(same), name);
    return name;
}

boost::json::value component_schemas::add(std::string_view text, const std::string& owner, std::string& problem) {
    parts all(1);
    all[0].schema = parse_json_schema(text, problem);
    if (!problem.empty()) return nullptr;
    if (auto* const root = all[0].schema.if_object()) {
        if (auto* const definitions = root->if_contains("$defs")) {
            for (auto& each : definitions->get_object()) {
                part definition;
                definition.name = each.key();
                definition.schema = std::move(each.value());
                all.push_back(std::move(definition));
            }
            root->stable_erase("$defs");
        }
    }
    if (all.size() > most_definitions + 1) problem = "more than " + std::to_string(most_definitions) + " definitions";
    if (problem.empty()) find_references(all, problem);
    if (!problem.empty()) return nullptr;

    all[0].name = "#" + owner;
    for (part& each : all) each.text = boost::json::serialize(each.schema);
    const auto wanted = reached(all, 0, &part::refers);
    std::vector<std::size_t> added;
    for (const auto at : wanted) {
        bool is_new = false;
        all[at].component = component_of(all, at, owner, is_new);
        if (is_new) added.push_back(at);
    }
    std::map<std::string, std::string, std::less<>> components;
    for (std::size_t at = 1; at < all.size(); ++at) components.emplace(all[at].name, all[at].component);
    std::string name;
    const auto rewrite = [&](boost::json::string& reference, bool) {
        const auto& to = read_reference(reference, name) ? components.at(name) : all[0].component;
        reference = "#/components/schemas/" + to;
    };
    if (wanted.empty()) return std::move(all[0].schema);
    for (const auto at : added) {
        visit_references(all[at].schema, rewrite);
        all_[all[at].component] = std::move(all[at].schema);
    }
    if (wanted.contains(0)) return boost::json::object{{"$ref", "#/components/schemas/" + all[0].component}};
    visit_references(all[0].schema, rewrite);
    return std::move(all[0].schema);
}

void component_schemas::add_own(std::string_view name, boost::json::value schema) { all_[name] = std::move(schema); }

}  // namespace mote::micro::detail
