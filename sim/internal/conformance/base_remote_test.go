package conformance

// remoteUserIsSet, and shown without its password.
func remoteUserIsSet(s *session) {
	s.do(tds("SetRemoteUser", "<tds:RemoteUser><tt:Username>ONVIFRemoteUser</tt:Username><tt:Password>ONVIFRemotePassword</tt:Password>"+
		"<tt:UseDerivedPassword>true</tt:UseDerivedPassword></tds:RemoteUser>"))
	a := s.do("<tds:GetRemoteUser/>")
	if name := a.Text("./RemoteUser/Username"); name != "ONVIFRemoteUser" || a.Text("./RemoteUser/UseDerivedPassword") != "true" {
		s.Errorf("the remote user is %q", name)
	}
	if a.Root.FindElement("./RemoteUser/Password") != nil {
		s.Error("the password is shown")
	}
	s.do("<tds:SetRemoteUser/>")
	if s.do("<tds:GetRemoteUser/>").Root.FindElement("./RemoteUser") != nil {
		s.Error("the remote user is still there")
	}
}
