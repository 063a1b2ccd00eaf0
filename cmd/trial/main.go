// Command trial is a throw-away.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"

	"github.com/camfleet/camfleet/sim"
	"github.com/camfleet/camfleet/sim/api"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	n, _ := strconv.Atoi(os.Getenv("N"))
	f, err := sim.Start(ctx, sim.Config{Config: api.Config{N: n, BasePort: 20000, State: os.Getenv("STATE")}, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	i := f.Info()
	if n < 10 {
		b, _ := json.MarshalIndent(i, "", " ")
		fmt.Println(string(b))
	}
	fmt.Println(i.ReadySeconds, i.Notes)
	<-ctx.Done()
	fmt.Println(f.Close())
}
