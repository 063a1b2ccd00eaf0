package conformance

import "slices"

// baseCases are those of the base device, version 21.12, that are about users
// and network protocols.
func baseCases() []testCase {
	users := operations("tds:GetUsers", "tds:CreateUsers", "tds:DeleteUsers", "tds:SetUser")
	return []testCase{
		{"DEVICE-2-1-33", "network protocols", []need{operations("tds:GetNetworkProtocols")}, protocolsAreListed},
		{"DEVICE-2-1-34", "network protocols set", []need{network()}, httpsIsSwitched},
		{"DEVICE-4-1-1", "users listed", []need{users}, usersAreListed},
		{"DEVICE-4-1-3", "user name taken", []need{users}, nameIsTaken},
		{"DEVICE-4-1-4", "users deleted", []need{users}, usersAreDeleted},
		{"DEVICE-4-1-5", "unknown users not deleted", []need{users}, unknownUsersStay},
		{"DEVICE-4-1-7", "user changed", []need{users}, userIsChanged},
		{"DEVICE-4-1-8", "unknown user not changed", []need{users}, unknownUserIsNotChanged},
		{"DEVICE-4-1-9", "users made", []need{users}, usersAreMade},
		{"DEVICE-4-1-10", "remote user", []need{capability("tds/Security/RemoteUserHandling")}, func(s *session) { s.do("<tds:GetRemoteUser/>") }},
		{"DEVICE-4-1-11", "remote user set", []need{capability("tds/Security/RemoteUserHandling")}, remoteUserIsSet},
	}
}

func protocolsAreListed(s *session) {
	list := s.protocols()
	for _, name := range []string{"HTTP", "RTSP"} {
		if p, ok := list[name]; !ok || len(p.ports) == 0 {
			s.Errorf("%s: %v", name, p)
		}
	}
}

// user is a tt:User with a password that every camera takes.
func user(name, level string) string {
	return tds("User", tt("Username", name), tt("Password", "Tester-2026-word"), tt("UserLevel", level))
}

func deleteUsers(names ...string) string {
	var list string
	for _, name := range names {
		list += tds("Username", name)
	}
	return tds("DeleteUsers", list)
}

// createUsers makes users for the time of the case.
func (s *session) createUsers(level string, names ...string) {
	s.Helper()
	var list string
	for _, name := range names {
		list += user(name, level)
	}
	s.do(tds("CreateUsers", list))
	s.finally(func() {
		for _, name := range names {
			if slices.Contains(s.users(), name) {
				s.do(deleteUsers(name))
			}
		}
	})
}

// users are the names of all accounts; their passwords are never told.
func (s *session) users() []string {
	s.Helper()
	a := s.do("<tds:GetUsers/>")
	if a.Root.FindElement(".//Password") != nil {
		s.Errorf("a password is told: %s", a.Body)
	}
	return a.Texts("./User/Username")
}

func usersAreListed(s *session) {
	if !slices.Contains(s.users(), admin) {
		s.Error("the administrator is not there")
	}
}

func nameIsTaken(s *session) {
	s.createUsers("User", "taken")
	s.refused("env:Sender/ter:OperationProhibited/ter:UsernameClash", tds("CreateUsers", user("fresh", "User"), user("taken", "User")))
}

func usersAreDeleted(s *session) {
	before := s.users()
	s.createUsers("User", "one", "two")
	s.do(deleteUsers("one", "two"))
	if got := s.users(); !slices.Equal(got, before) {
		s.Errorf("users %v, want %v", got, before)
	}
}

func unknownUsersStay(s *session) {
	s.createUsers("User", "one")
	s.refused(argument+"/ter:UsernameMissing", deleteUsers("one", "nobody"))
}

func userIsChanged(s *session) {
	s.createUsers("User", "one")
	s.do(tds("SetUser", user("one", "Operator")))
	a := s.do("<tds:GetUsers/>")
	el := found(a.Root.FindElements("./User"), "./Username", "one")
	if el == nil {
		s.Fatal("the user is gone")
	}
	s.want("UserLevel", el.FindElement("./UserLevel").Text(), "Operator")
}

func unknownUserIsNotChanged(s *session) {
	s.createUsers("User", "one")
	s.refused(argument+"/ter:UsernameMissing", tds("SetUser", user("one", "Operator"), user("nobody", "User")))
}

func usersAreMade(s *session) {
	before := s.users()
	s.createUsers("Operator", "one", "two")
	s.grown(slices.Sorted(slices.Values(before)), slices.Sorted(slices.Values(s.users())), "one", "two")
}
