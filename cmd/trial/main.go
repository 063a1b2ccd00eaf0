package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	f, err := sim.Start(ctx, sim.Config{Config: api.Config{N: 4, BasePort: 20000}, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	b, _ := json.MarshalIndent(f.Info(), "", " ")
	fmt.Println(string(b))
	<-ctx.Done()
	fmt.Println(f.Close())
}
