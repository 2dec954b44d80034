//! Health and plot.

use super::table;

table! {
    /// Words of the health panel and the plot.
    Health {
        title: "Health", "健康";
        plot_title: "Plot", "图表";
    }
}
